#!/usr/bin/env bash
# Install a Chromium for the browser transport, unless there is one. Needs .venv.
set -euo pipefail
cd "$(dirname "$0")/.."
. deploy/apt.sh

playwright() {
    .venv/bin/python -m playwright "$@"
}

# Print the path of the Chromium that Playwright downloaded, if it did.
playwrights_own() {
    .venv/bin/python -c '
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    print(playwright.chromium.executable_path)'
}

has_chromium() {
    [ -x "${AWARD_CHROMIUM:-}" ] || command -v chromium >/dev/null || [ -x "$(playwrights_own)" ]
}

if ! playwright --version >/dev/null 2>&1; then
    # Playwright's driver needs this library, which the smallest Debian images lack.
    apt_install libatomic1
fi
if has_chromium; then
    exit 0
fi
# Ubuntu's package of this name is a snap, which does not run everywhere; Debian's is the browser itself.
if [ "$(id -u)" = 0 ] && grep -qs '^ID=debian' /etc/os-release; then
    apt_install chromium
elif [ "$(id -u)" = 0 ]; then
    say "Installing Chromium and the libraries it needs with Playwright"
    playwright install --with-deps chromium
else
    say "Installing Chromium with Playwright"
    playwright install chromium
fi
