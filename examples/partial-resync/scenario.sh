#!/usr/bin/env bash
# A master, its replica, and a break: the replica is cut off while clients go on writing about 100 kB, and comes back.
# PORT: of the master, the replica has the next one. BACKLOG: repl-backlog-size of the master.
set -euo pipefail

port=${PORT:-7600}
backlog=${BACKLOG:-1mb}
folder=$(mktemp -d)
servers=()

clean_up() {
  for server in "${servers[@]}"; do
    kill -KILL "$server" || true
    # Or the shell would tell of their end.
    wait "$server" || true
  done 2>/dev/null
  rm -rf "$folder"
}
trap clean_up EXIT

# start PORT OPTION...
start() {
  redis-server --port "$1" --bind 127.0.0.1 --dir "$folder" --dbfilename "$1.rdb" --save '' "${@:2}" >"$folder/$1.log" &
  servers+=($!)
  for _ in {1..100}; do
    if redis-cli -p "$1" PING >/dev/null 2>&1; then return; fi
    sleep 0.1
  done
  cat "$folder/$1.log" >&2
  exit 1
}

master() { redis-cli -p "$port" "$@"; }

# Waits until the replica has acknowledged all that was written.
caught_up() {
  for _ in {1..100}; do
    if master INFO replication | tr -d '\r' | awk -F '[=,:]' '
      /^slave0:/ { acknowledged = $0; sub(/.*,offset=/, "", acknowledged); sub(/,.*/, "", acknowledged) }
      /^master_repl_offset:/ { written = $2 }
      END { exit written == acknowledged ? 0 : 1 }'; then return; fi
    sleep 0.1
  done
  echo 'the replica did not catch up' >&2
  exit 1
}

start "$port" --repl-backlog-size "$backlog" --repl-diskless-sync-delay 0
start "$((port + 1))" --replicaof "127.0.0.1 $port"
replica=${servers[1]}
master SET before 1 >/dev/null
caught_up

# It stands still, so that it cannot come back at once, and loses its connection.
kill -STOP "$replica"
master CLIENT KILL TYPE replica >/dev/null
value=$(printf '%01000d' 7)
for i in {1..100}; do echo "SET key:$i $value"; done | master >/dev/null
kill -CONT "$replica"
caught_up

[ "$(redis-cli -p "$((port + 1))" --raw STRLEN key:100)" = 1000 ]
