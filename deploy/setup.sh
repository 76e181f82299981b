#!/usr/bin/env bash
# Makes .venv and installs a requirements file into it; does nothing where that was done before.
#   deploy/setup.sh requirements.txt|requirements-dev.txt        PYTHON=/path/to/python3 picks the Python
set -euo pipefail
cd "$(dirname "$0")/.."
. deploy/apt.sh

wanted=$1
# The folder counts too: the scripts in a .venv that was copied elsewhere still point at the old place.
state=$(cat requirements.txt "$wanted" | { cat; pwd; } | sha256sum | cut -d' ' -f1)
stamp=.venv/.installed-${wanted%.txt}

if [ -x .venv/bin/python ] && [ "$(cat "$stamp" 2>/dev/null)" = "$state" ] && .venv/bin/python -c "" 2>/dev/null; then
    exit 0
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
    echo "awardspider needs Python 3.11 or newer; $first is: ${found:-not there}" >&2
    echo "Install a newer one, then run: make setup PYTHON=/path/to/python3" >&2
    return 1
}

python=$(find_python)
version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')

if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    # Debian keeps these two out of its python3 package.
    say "Python $version has no venv module"
    apt_install "python$version-venv"
fi

home=$(cat .venv/.home 2>/dev/null || true)
if [ "$home" != "$PWD" ] || ! new_enough .venv/bin/python; then
    say "Making .venv with Python $version"
    "$python" -m venv --clear .venv
    echo "$PWD" > .venv/.home
fi

say "Installing $wanted"
.venv/bin/python -m pip install --disable-pip-version-check --progress-bar off -r "$wanted" 2>.venv/pip-errors.log |
    sed -un 's/^Collecting \([^ ]*\).*/\1/p; s/^Installing collected packages.*/unpacking/p' | show || {
    cat .venv/pip-errors.log >&2
    echo "pip could not install $wanted: see above. Is the package index reachable?" >&2
    exit 1
}
echo "$state" > "$stamp"
