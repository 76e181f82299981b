#!/usr/bin/env bash
# Install systemd's tools, unless they are installed: the tests check the units in deploy/systemd/ with systemd-analyze.
set -euo pipefail
cd "$(dirname "$0")/.."
. deploy/apt.sh

if command -v systemd-analyze >/dev/null; then
    exit 0
fi
apt_install systemd
