#!/usr/bin/env bash
# Restarts the controllers of a compose quorum one by one, the active one last. Prints the write gap
# that each restart caused.
#
#   deploy/rolling-restart.sh [-f COMPOSE_FILE]… [-p PROJECT] [--timeout SECONDS] [--max-lag OFFSETS]
#
# Before each restart, every voter must be in contact and within --max-lag (1000) offsets of the
# leader. After it, the controller must be ready again (quorate.ready) within --timeout (120). If it
# is not, the script stops and says so; one controller is then down and the quorum still works.
# Works with docker-compose 1.29 and with `docker compose` v2. Exit status: 0 done, 1 stopped.
set -euo pipefail

files=() project=() timeout=120 max_lag=1000
while [ $# -gt 0 ]; do
  case $1 in
    -f) files+=(-f "${2:?-f needs a file}"); shift 2 ;;
    -p) project=(-p "${2:?-p needs a project name}"); shift 2 ;;
    --timeout) timeout=${2:?--timeout needs seconds}; shift 2 ;;
    --max-lag) max_lag=${2:?--max-lag needs a number}; shift 2 ;;
    -h | --help) sed -n '2,11s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) echo "rolling-restart.sh: unknown argument '$1' (see --help)" >&2; exit 2 ;;
  esac
done

[ ${#files[@]} -gt 0 ] || files=(-f "$(dirname "$0")/docker-compose.yml")
if command -v docker-compose >/dev/null; then compose=(docker-compose); else compose=(docker compose); fi
compose+=("${project[@]}" "${files[@]}")

mapfile -t controllers < <("${compose[@]}" config --services | grep -E '(^|-)controller-[0-9]+$' | sort -V)
mapfile -t brokers < <("${compose[@]}" config --services | grep -E '(^|-)broker-[0-9]+$' | sort -V)
[ ${#controllers[@]} -gt 0 ] || { echo "rolling-restart.sh: no controller-N services in ${files[*]}" >&2; exit 1; }
# quoratectl runs in the container of the service `tools` (docker-compose.tls.yml), which has an
# administrator's certificate, or else in a broker's, because brokers are not restarted.
tools=$("${compose[@]}" config --services | grep -x tools || true)
tools=${tools:-${brokers[0]:?rolling-restart.sh: no service tools or broker-N to run quoratectl in}}

say() { echo "$(date +%T) $*"; }
ctl() { "${compose[@]}" exec -T "$tools" quoratectl "$@"; }

# Waits until every voter is in contact with the leader, ready, and at most max_lag offsets behind.
await_quorum() {
  ctl cluster wait --ready --max-lag "$max_lag" --timeout "${timeout}s" </dev/null
}

restart() {
  local service=$1 log gap
  log=$(mktemp)
  # Writes continuously until its standard input closes, then prints the widest gap.
  coproc PROBE { ctl check write-gap --until-eof >"$log" 2>&1; }
  local probe_pid=$PROBE_PID probe_in=${PROBE[1]}
  sleep 1
  say "restarting $service"
  "${compose[@]}" stop "$service" >/dev/null 2>&1
  "${compose[@]}" start "$service" >/dev/null 2>&1
  if ! await_quorum; then
    exec {probe_in}>&-
    wait "$probe_pid" || true
    say "STOPPED: $service is not ready after ${timeout} s. The other controllers are running; no more restarts follow."
    say "See its log: ${compose[*]} logs --tail 50 $service"
    "${compose[@]}" logs --tail 20 "$service" >&2 || true
    rm -f "$log"
    exit 1
  fi
  sleep 1
  exec {probe_in}>&-
  wait "$probe_pid" || { cat "$log" >&2; say "the write probe failed, but the restart succeeded"; }
  gap=$(sed -n 's/^Widest write gap: *//p' "$log")
  say "$service is back; widest write gap: ${gap:-unknown}"
  rm -f "$log"
}

say "waiting until every voter is in contact and within $max_lag offsets"
await_quorum || { say "STOPPED: not every voter is in contact and caught up; nothing was restarted"; exit 1; }

done_services=" "
active_service() {
  local id
  id=$(ctl quorum describe --output json </dev/null | sed -n 's/.*"leader_id": *\(-\{0,1\}[0-9]*\).*/\1/p' | head -n 1)
  printf '%s\n' "${controllers[@]}" | grep -E "controller-$id\$" || true
}
# The active controller comes last. A restart may change which one that is, so look it up each time.
while [ "$(wc -w <<<"$done_services")" -lt ${#controllers[@]} ]; do
  active=$(active_service)
  next=""
  for service in "${controllers[@]}"; do
    [[ $done_services == *" $service "* ]] && continue
    [ "$service" = "$active" ] && continue
    next=$service
    break
  done
  next=${next:-$active}
  restart "$next"
  done_services+="$next "
done
say "done: ${#controllers[@]} controllers restarted"
