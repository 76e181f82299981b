# Functions for the other scripts; not run by itself.

say() {
    echo "==> $*"
}

# Show lines from standard input: on a terminal as one changing line.
show() {
    while IFS= read -r line; do
        if [ -t 1 ]; then printf '\r\033[K    %s' "$line"; else echo "    $line"; fi
    done
    if [ -t 1 ]; then printf '\r\033[K'; fi
}

# apt_install PACKAGE...: install Debian packages, or fail with a message if that needs root.
apt_install() {
    if ! command -v apt-get >/dev/null; then
        echo "Please install $* with your system's package manager, then run this again." >&2
        return 1
    fi
    if [ "$(id -u)" != 0 ]; then
        echo "Please run as root: apt-get install --no-install-recommends $*" >&2
        echo "and then run this again." >&2
        return 1
    fi
    say "Installing $* with apt-get"
    # On a new machine the list of packages is empty or old.
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" |
        sed -un 's/^Get:[0-9]* [^ ]* [^ ]* [^ ]* \([^ ]*\).*/fetching \1/p; s/^Setting up \([^ ]*\).*/installing \1/p' |
        show
}
