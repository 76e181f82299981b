#!/usr/bin/env bash
# Install the Node packages that tests use (tests/node/package.json), unless they are there.
set -euo pipefail
cd "$(dirname "$0")/.."
. deploy/apt.sh

state=$(sha256sum tests/node/package-lock.json | cut -d' ' -f1)
stamp=tests/node/node_modules/.installed
if [ "$(cat "$stamp" 2>/dev/null)" = "$state" ]; then
    exit 0
fi
if ! command -v npm >/dev/null; then
    apt_install npm
fi
say "Installing the Node packages of the tests"
npm ci --prefix tests/node --silent
echo "$state" > "$stamp"
