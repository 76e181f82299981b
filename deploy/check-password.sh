#!/bin/sh
# Do not start Scrapyd without a name and a password: it would run the code of anyone who can connect to it.
set -eu
if [ -z "${SCRAPYD_USERNAME:-}" ] || [ -z "${SCRAPYD_PASSWORD:-}" ]; then
    echo "Scrapyd does not start: set SCRAPYD_USERNAME and SCRAPYD_PASSWORD in /etc/awardspider/environment" >&2
    exit 78
fi
