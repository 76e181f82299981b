#!/usr/bin/env bash
# Install PostgreSQL, unless it is installed: the tests start a server of their own.
set -euo pipefail
cd "$(dirname "$0")/.."
. deploy/apt.sh

if ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null; then
    exit 0
fi
apt_install postgresql
