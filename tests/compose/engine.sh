#!/usr/bin/env bash
# Provides a Docker engine for the compose test, and the base image.
#
#   engine.sh available     exits with 0 if an engine answers
#   engine.sh start         starts Debian's dockerd and prints its pid (CI only)
#   engine.sh stop PID      stops the dockerd that `start` started
#   engine.sh base-image    pulls debian:12-slim if it is missing, or builds it with debootstrap
set -euo pipefail

case ${1:-} in
  available) docker info >/dev/null 2>&1 ;;
  start)
    log=$(mktemp /tmp/quorate-dockerd.XXXXXX.log)
    setsid dockerd >"$log" 2>&1 </dev/null &
    pid=$!
    for ((i = 0; i < 120; ++i)); do
      docker info >/dev/null 2>&1 && { echo "$pid"; exit 0; }
      kill -0 "$pid" 2>/dev/null || break
      sleep 0.5
    done
    echo "dockerd did not start; the end of its log:" >&2
    tail -n 5 "$log" >&2
    exit 1
    ;;
  stop)
    kill -TERM "${2:?pid}"
    for ((i = 0; i < 120; ++i)); do kill -0 "$2" 2>/dev/null || exit 0; sleep 0.5; done
    echo "dockerd (pid $2) did not stop" >&2
    exit 1
    ;;
  base-image)
    docker image inspect debian:12-slim >/dev/null 2>&1 && exit 0
    timeout 120 docker pull -q debian:12-slim 2>/dev/null && exit 0
    echo "debian:12-slim cannot be pulled: making it with debootstrap"
    root=$(mktemp -d)
    trap 'rm -rf "$root"' EXIT
    debootstrap --variant=minbase --include=ca-certificates bookworm "$root" >"$root.log" 2>&1 ||
      { tail -n 5 "$root.log" >&2; exit 1; }
    rm -f "$root.log"
    tar -C "$root" -c . | docker import - debian:12-slim >/dev/null
    ;;
  *) sed -n '2,7s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac
