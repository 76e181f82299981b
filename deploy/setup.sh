#!/usr/bin/env bash
# Create .venv and install a requirements file into it; do nothing if that was done before.
#   deploy/setup.sh requirements.txt|requirements-dev.txt        PYTHON=/path/to/python3 chooses the Python
set -euo pipefail
cd "$(dirname "$0")/.."
. deploy/apt.sh

requirements=$1
# The folder is part of the state: the scripts in a copied .venv still point to the old folder.
state=$(cat requirements.txt "$requirements" | { cat; pwd; } | sha256sum | cut -d' ' -f1)
stamp=.venv/.installed-${requirements%.txt}

if [ -x .venv/bin/python ] && [ "$(cat "$stamp" 2>/dev/null)" = "$state" ] && .venv/bin/python -c "" 2>/dev/null; then
    exit 0
fi

if [ -L .venv ]; then
    # It would be cleared, and with it the environment of the folder that the link points to.
    echo "$PWD/.venv is a link to $(readlink .venv): remove the link, then run this again" >&2
    exit 1
fi

new_enough() {
    [ "$("$1" -c 'import sys; print(sys.version_info >= (3, 11))' 2>/dev/null)" = True ]
}

find_python() {
    candidates=${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}
    for candidate in $candidates; do
        if new_enough "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    first=${candidates%% *}
    found=$("$first" --version 2>/dev/null | head -1 || true)
    echo "awardspider needs Python 3.11 or newer; $first is: ${found:-missing}" >&2
    echo "Install a newer one, then run: make setup PYTHON=/path/to/python3" >&2
    return 1
}

python=$(find_python)
version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')

if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    # Debian has these two in a package of their own.
    say "Python $version has no venv module"
    apt_install "python$version-venv"
fi

home=$(cat .venv/.home 2>/dev/null || true)
if [ "$home" != "$PWD" ] || ! new_enough .venv/bin/python; then
    say "Creating .venv with Python $version"
    "$python" -m venv --clear .venv
    echo "$PWD" > .venv/.home
fi

say "Installing $requirements"
.venv/bin/python -m pip install --disable-pip-version-check --progress-bar off -r "$requirements" 2>.venv/pip-errors.log |
    sed -un 's/^Collecting \([^ ]*\).*/\1/p; s/^Installing collected packages.*/unpacking/p' | show || {
    cat .venv/pip-errors.log >&2
    echo "pip could not install $requirements, see above. Is the package index reachable?" >&2
    exit 1
}
echo "$state" > "$stamp"
