#!/usr/bin/env bash
# Prints the folder of the newest PostgreSQL server programs on this machine.
# Fails when there are none. The distribution keeps them off the PATH.
set -euo pipefail

candidates=()
while IFS= read -r folder; do
  candidates+=("$folder")
done < <(printf '%s\n' /usr/lib/postgresql/*/bin | sort -rV)
if path=$(command -v initdb 2>/dev/null); then
  candidates+=("$(dirname "$(readlink -f "$path")")")
fi

for folder in "${candidates[@]}"; do
  if [ -x "$folder/initdb" ] && [ -x "$folder/postgres" ] && [ -x "$folder/pg_ctl" ]; then
    echo "$folder"
    exit 0
  fi
done
echo "postgres-bin: no PostgreSQL server programs found (scripts/setup-tests.sh installs them)" >&2
exit 1
