#!/bin/sh
# A nightly scan on a machine of your own; nothing leaves it but the webhook's message.
#
#   17 4 * * *  cmmc  /opt/cmmc/cron.sh
#
# CMMC_HOME holds cmmc-scan.yaml and history.sqlite (on a local disk: SQLite's write-ahead log does
# not work on a network file system). CMMC_WEBHOOK may be set in $CMMC_HOME/environment.
set -eu
umask 077
CMMC_HOME=${CMMC_HOME:-/var/lib/cmmc}
CMMC_SCAN=${CMMC_SCAN:-cmmc-scan}
KEEP_DAYS=${KEEP_DAYS:-30}
cd "$CMMC_HOME"
if [ -r environment ]; then
  set -a
  # shellcheck source=/dev/null
  . ./environment
  set +a
fi

# A scan that hangs must not meet the next one.
exec 9> lock
if ! flock -n 9; then
  echo "the last scan is still running" >&2
  exit 75
fi

day=$(date -u +%F)
set -- scan -c cmmc-scan.yaml -o "scans/$day" --history history.sqlite --new-only --quiet
if [ -n "${CMMC_WEBHOOK:-}" ]; then
  set -- "$@" --notify CMMC_WEBHOOK
fi
mkdir -p scans
code=0
"$CMMC_SCAN" "$@" || code=$?
if [ "$code" -le 3 ] && [ "$code" != 2 ]; then
  "$CMMC_SCAN" trend history.sqlite --last 1
fi
find scans -mindepth 1 -maxdepth 1 -type d -mtime "+$KEEP_DAYS" -exec rm -rf {} +
exit "$code"
