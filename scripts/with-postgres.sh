#!/usr/bin/env bash
# Usage: scripts/with-postgres.sh COMMAND [ARGUMENT…]
#
# Starts a private PostgreSQL cluster, runs the command with its address in
# AIRSIDE_TEST_POSTGRES, and removes the cluster again, however the command ends.
# The exit code is the command's.
#
# It writes to disk for real (fsync on), for the tests are about durability too.
# It sorts text the way people do, so that a query which relies on byte order
# without saying COLLATE "C" is found out here.
set -euo pipefail

die() {
  printf 'with-postgres: %s\n' "$*" >&2
  exit 1
}

[ "$#" -gt 0 ] || die "usage: $0 COMMAND [ARGUMENT…]"
bin=$("$(dirname "$0")/postgres-bin.sh")

# PostgreSQL refuses to run as root.
as_postgres=()
if [ "$(id -u)" -eq 0 ]; then
  command -v runuser >/dev/null || die "runuser is missing (package util-linux)"
  id postgres >/dev/null 2>&1 || die "there is no user 'postgres' to run the server as"
  as_postgres=(runuser -u postgres --)
fi

parent=${TMPDIR:-/tmp}
parent=${parent%/}

# A run that was killed outright leaves its cluster behind. Each run holds a lock
# in its folder; a folder of ours whose lock is free belongs to nobody any more.
sweep() {
  local lock folder
  while IFS= read -r lock; do
    folder=$(dirname "$lock")
    (
      exec 8<"$lock"
      flock -n 8 || exit 0
      "${as_postgres[@]}" "$bin/pg_ctl" -D "$folder/data" -m immediate -w stop >/dev/null 2>&1 8<&- || true
      rm -rf "$folder"
    ) || true
  done < <(find "$parent" -maxdepth 2 -path "$parent/airside-pg.*/lock" -user "$(id -un)" -mmin +1 2>/dev/null)
}
sweep

folder=$(mktemp -d "$parent/airside-pg.XXXXXX")
command_pid=
cleanup() {
  local status=$?
  trap '' INT TERM HUP
  trap - EXIT
  if [ -e "$folder/data/postmaster.pid" ]; then
    "${as_postgres[@]}" "$bin/pg_ctl" -D "$folder/data" -m immediate -w stop >/dev/null 2>&1 9<&- || true
  fi
  rm -rf "$folder"
  exit "$status"
}
trap cleanup EXIT
# Until the command runs, a signal just ends this script (and so cleans up).
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP

: >"$folder/lock"
exec 9<"$folder/lock"
flock -n 9 || die "cannot lock $folder/lock"

mkdir "$folder/data"
if [ "${#as_postgres[@]}" -gt 0 ]; then
  chmod 711 "$folder"
  chown postgres "$folder/data"
fi
cd_safe() { cd "$folder"; } # a place that the server's user may enter

locale=(--locale=C.UTF-8)
if "$bin/initdb" --help | grep -q -- --icu-locale; then
  locale+=(--locale-provider=icu --icu-locale=en-US)
fi
if ! (cd_safe && "${as_postgres[@]}" "$bin/initdb" -D "$folder/data" -U postgres -A trust -E UTF8 "${locale[@]}" --no-sync) \
  >"$folder/initdb.log" 2>&1 9<&-; then
  cat "$folder/initdb.log" >&2
  die "initdb failed in $folder"
fi

# A socket's path has room for about 100 characters. The tests go over TCP.
sockets="$folder/data"
[ "${#sockets}" -le 80 ] || sockets=

cat >>"$folder/data/postgresql.conf" <<CONF
listen_addresses = '127.0.0.1'
unix_socket_directories = '$sockets'
shared_buffers = 256MB
max_connections = 200
fsync = on
synchronous_commit = on
full_page_writes = on
logging_collector = off
CONF

start() { # PORT
  (cd_safe && "${as_postgres[@]}" "$bin/pg_ctl" -D "$folder/data" -l "$folder/data/server.log" \
    -o "-p $1" -w -t 60 start) >"$folder/start.log" 2>&1 9<&-
}

# Somebody else may take a port between looking and starting: so do not look,
# start, and take another one when that fails. These ports are below the range
# that the kernel hands out by itself.
port=
for _ in 1 2 3 4 5 6 7 8 9 10; do
  try=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
  if start "$try"; then
    port=$try
    break
  fi
  grep -qi 'could not create any TCP/IP sockets\|could not bind' "$folder/data/server.log" || break
done
if [ -z "$port" ]; then
  cat "$folder/start.log" "$folder/data/server.log" >&2 || true
  die "the server did not start"
fi

export AIRSIDE_TEST_POSTGRES="postgres://postgres@127.0.0.1:$port/postgres?sslmode=disable"

status=0
if [ -t 0 ]; then
  # At a terminal: the command is in front, and Ctrl-C reaches it directly.
  trap ':' INT
  "$@" 9<&- || status=$?
else
  # In a job: the command gets a process group of its own, and what this script
  # is told is passed on to the whole group.
  pass_on() {
    status=$2
    kill "-$1" -- "-$command_pid" 2>/dev/null || true
  }
  trap 'pass_on INT 130' INT
  trap 'pass_on TERM 143' TERM
  trap 'pass_on HUP 129' HUP
  set -m
  "$@" <&0 9<&- &
  command_pid=$!
  set +m
  while kill -0 "$command_pid" 2>/dev/null; do
    code=0
    wait "$command_pid" || code=$?
    [ "$status" -ne 0 ] || status=$code
  done
fi
exit "$status"
