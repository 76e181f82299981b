#!/bin/sh
# Refuse to start Scrapyd without a name and a password: it would run the code of everyone who reaches it.
set -eu
if [ -z "${SCRAPYD_USERNAME:-}" ] || [ -z "${SCRAPYD_PASSWORD:-}" ]; then
    echo "Scrapyd does not start: set SCRAPYD_USERNAME and SCRAPYD_PASSWORD in /etc/awardspider/environment" >&2
    exit 78
fi
