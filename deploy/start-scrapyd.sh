#!/bin/sh
# Start Scrapyd in its folder in the data folder, for systemd and Docker; `scrapy up` does the same itself.
# Exit code 78: a setting is missing, so a restart does not help.
set -eu
project=$(cd "$(dirname "$0")/.." && pwd)
export PATH="$project/.venv/bin:$PATH"

# Without a name and a password, it would run the code of anyone who can connect to it.
if [ -z "${SCRAPYD_USERNAME:-}" ] || [ -z "${SCRAPYD_PASSWORD:-}" ]; then
    echo "Scrapyd does not start: set SCRAPYD_USERNAME and SCRAPYD_PASSWORD in .env (scrapy setup does)" >&2
    exit 78
fi
case "${AWARD_DATA_DIR:-}" in
    /*) ;;
    *)
        echo "Scrapyd does not start: set AWARD_DATA_DIR in .env to a folder that begins with /" >&2
        exit 78
        ;;
esac

folder="$AWARD_DATA_DIR/scrapyd"
cd "$project"
# Prepare the folder, and listen on the port that the other services use.
port=$(python -c '
import os, sys
from pathlib import Path
from urllib.parse import urlsplit
from awardspider.operations.service_definitions import prepare_scrapyd_folder
prepare_scrapyd_folder(Path(sys.argv[1]), Path.cwd())
print(urlsplit(os.environ.get("AWARD_SCRAPYD_URL", "")).port or 6800)
' "$folder")
export SCRAPYD_HTTP_PORT="${SCRAPYD_HTTP_PORT:-$port}"
cd "$folder"
exec scrapyd --pidfile=
