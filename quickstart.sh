#!/usr/bin/env bash
# Builds Quorate, starts three controllers and three brokers on loopback, and demonstrates a failover.
#
#   ./quickstart.sh          installs missing packages, builds, starts the cluster, and runs the tour
#   ./quickstart.sh status   shows which processes run
#   ./quickstart.sh stop     stops the processes and keeps the data
#   ./quickstart.sh clean    stops the processes and deletes ./quickstart-data
#
# Apart from packages, it writes only to ./quickstart-data and build/. A second run reuses the build and
# the processes that are already running.
set -euo pipefail
cd "$(dirname "$0")"

data=$PWD/quickstart-data
bin=$PWD/build/release
# The last digit of a port is the node id: 1909N is a controller's client port, 1919N its peer port, 1939N
# its metrics port; 1929N is a broker's port, 1949N its metrics port.
bootstrap=127.0.0.1:19091,127.0.0.1:19092,127.0.0.1:19093
voters=1@127.0.0.1:19191,2@127.0.0.1:19192,3@127.0.0.1:19193
export QUORATE_BOOTSTRAP=$bootstrap

say() { printf '\n\033[1m== %s\033[0m\n' "$*"; }
ctl() { "$bin/cli/quoratectl" "$@"; }
# Runs quoratectl and prints the command first, as a user would type it.
run_ctl() { echo "\$ quoratectl $*"; ctl "$@"; }
# Waits until COMMAND succeeds. WHAT describes the condition for the error message.
await() { # WHAT COMMAND…
  local i
  for ((i = 0; i < 600; ++i)); do
    "${@:2}" && return
    sleep 0.05
  done
  echo "quickstart.sh: timed out waiting until $1; the logs are in $data" >&2
  exit 1
}

# Prints the pid of node $1. Fails unless that process runs with our data directory.
pid_of() {
  local pid
  pid=$(cat "$data/$1.pid" 2>/dev/null) || return 1
  [ -n "$pid" ] && tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -qF -- "$data/$1" && echo "$pid"
}

start_node() { # NAME PROGRAM FLAGS…
  local name=$1
  if pid_of "$name" >/dev/null; then return; fi
  rm -f "$data/$name.ready"
  setsid "$bin/server/$2" --data-dir "$data/$name" --ready-file "$data/$name.ready" \
    --cluster-id "$(cat "$data/cluster-id")" "${@:3}" >>"$data/$name.log" 2>&1 </dev/null &
  echo $! >"$data/$name.pid"
  disown
}

start_controller() {
  start_node "controller-$1" quorate-controller --node-id "$1" --voters "$voters" \
    --client-listen "127.0.0.1:1909$1" --client-advertise "127.0.0.1:1909$1" \
    --peer-listen "127.0.0.1:1919$1" --peer-advertise "127.0.0.1:1919$1" \
    --leader-balance-interval-ms 1000 \
    --metrics-listen "127.0.0.1:1939$1"
}

start_broker() {
  start_node "broker-$1" quorate-broker --broker-id "$1" --bootstrap "$bootstrap" \
    --listen "127.0.0.1:1929$1" --advertise "127.0.0.1:1929$1" \
    --metrics-listen "127.0.0.1:1949$1"
}

# Waits until node $1 listens. Prints the end of its log and exits if the process died.
await_listening() {
  local i
  for ((i = 0; i < 300; ++i)); do
    [ -s "$data/$1.ready" ] && return
    # pid_of would fail here: until exec, the child's command line is that of this shell.
    kill -0 "$(cat "$data/$1.pid")" 2>/dev/null || break
    sleep 0.1
  done
  echo "quickstart.sh: $1 did not start; the last lines of $data/$1.log:" >&2
  tail -n 5 "$data/$1.log" >&2
  exit 1
}

build() {
  deploy/packages.sh install build
  # Leaves out the tests, which need more packages. run-tests.sh adds them to the same build.
  [ -f build/release/build.ninja ] || cmake --preset release -DBUILD_TESTING=OFF >/dev/null
  say "building (the first build takes about 15 minutes on two cores)"
  cmake --build build/release --target quorate-controller quorate-broker quoratectl
}

start_all() {
  local i
  mkdir -p "$data"
  [ -s "$data/cluster-id" ] || ctl cluster new-id >"$data/cluster-id"
  for i in 1 2 3; do start_controller $i; done
  for i in 1 2 3; do await_listening "controller-$i"; done
  for i in 1 2 3; do start_broker $i; done
  for i in 1 2 3; do await_listening "broker-$i"; done
  run_ctl cluster wait --ready --brokers 3 --timeout 60s
}

active_controller() {
  ctl quorum describe --output json | sed -n 's/.*"leader_id": *\([0-9]*\).*/\1/p' | head -n 1
}

stop_all() {
  local name pid
  for name in broker-1 broker-2 broker-3 controller-1 controller-2 controller-3; do
    pid=$(pid_of "$name") || continue
    echo "stopping $name (pid $pid)"
    kill -TERM "$pid"
    for ((i = 0; i < 300; ++i)); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
    if kill -0 "$pid" 2>/dev/null; then
      echo "$name did not stop within 30 s; killing it" >&2
      kill -KILL "$pid"
    fi
    rm -f "$data/$name.pid"
  done
}

status() {
  local name pid
  for name in controller-1 controller-2 controller-3 broker-1 broker-2 broker-3; do
    if pid=$(pid_of "$name"); then echo "$name is running, pid $pid"; else echo "$name is not running"; fi
  done
  if pid_of controller-1 >/dev/null || pid_of controller-2 >/dev/null || pid_of controller-3 >/dev/null; then
    ctl status --timeout 5s
  fi
}

broker_1_is_fenced() {
  [ "$(ctl brokers list --output json | jq '.brokers[] | select(.broker_id == 1).fenced')" = true ]
}

all_in_sync() {
  [ "$(ctl cluster describe --output json | jq .under_replicated_partition_count)" = 0 ]
}

# Returns whether every partition of orders is led by the first of its replicas.
preferred_replicas_lead() {
  [ "$(ctl topics describe orders --output json |
    jq '[.topics[].partitions[] | select(.leader_id != .replicas[0])] | length')" = 0 ]
}

tour() {
  local old new before after probe offset
  say "a topic: six partitions, three replicas each"
  ctl topics delete orders payments written-during-the-failover >/dev/null 2>&1 || true
  run_ctl topics create orders --partitions 6 --replication-factor 3
  run_ctl topics describe orders
  before=$(ctl topics describe orders)

  old=$(active_controller)
  say "the active controller, $old, dies (kill -9) while a client writes without a pause"
  echo "\$ quoratectl check write-gap --duration 3s &"
  ctl check write-gap --duration 3s >"$data/write-gap" 2>&1 &
  probe=$!
  sleep 1
  echo "\$ kill -9 $(pid_of "controller-$old")    # controller $old"
  kill -KILL "$(pid_of "controller-$old")"
  run_ctl topics create written-during-the-failover
  wait "$probe" || { cat "$data/write-gap" >&2; exit 1; }
  sed 1d "$data/write-gap"
  new=$(active_controller)
  echo "Controller $new took over from $old; the widest gap between two acknowledged writes is above."
  after=$(ctl topics describe orders)
  [ "$before" = "$after" ] || { echo "quickstart.sh: topic 'orders' changed during the failover" >&2; exit 1; }
  echo "Nothing was lost: orders is unchanged, and the topic created during the failover exists:"
  run_ctl topics list

  say "controller $old comes back and catches up"
  start_controller "$old"
  await_listening "controller-$old"
  run_ctl cluster wait --ready --max-lag 0 --timeout 60s
  run_ctl quorum describe

  say "broker 1 dies (kill -9): its partitions get other leaders, in one atomic batch"
  offset=$(ctl cluster describe --output json | jq .end_offset)
  kill -KILL "$(pid_of broker-1)"
  await "broker 1 is fenced" broker_1_is_fenced
  run_ctl topics describe orders
  run_ctl events --since "$offset"

  say "broker 1 comes back, rejoins its ISRs, and leads its partitions again"
  start_broker 1
  await_listening broker-1
  run_ctl cluster wait --ready --brokers 3 --timeout 60s
  await "every replica is in sync" all_in_sync
  await "broker 1 leads its partitions again" preferred_replicas_lead
  run_ctl topics describe orders
  ctl topics delete written-during-the-failover >/dev/null

  say "partitions move away from broker 1"
  run_ctl topics create payments --partitions 12 --replication-factor 2
  run_ctl partitions reassign plan "$data/plan.json" --topics payments --exclude-broker 1
  run_ctl partitions reassign execute "$data/plan.json"
  ctl topics delete payments >/dev/null

  say "the whole cluster on one screen"
  run_ctl status
  run_ctl doctor

  say "the cluster keeps running"
  cat <<EOF
Next, try
  export QUORATE_BOOTSTRAP=$bootstrap PATH=\$PATH:$bin/cli
  quoratectl topics create payments --partitions 12 --replication-factor 3
  quoratectl events --follow             # what happens, one line each; stop it with Ctrl-C
  quoratectl --help
  curl http://127.0.0.1:19391/metrics    # for Prometheus; docs/metrics.md explains each metric
The logs are in $data. To inspect, stop or delete the cluster:
  ./quickstart.sh status | stop | clean
EOF
}

case ${1:-up} in
  up) build; say "three controllers and three brokers, data in $data"; start_all; tour ;;
  status) status ;;
  stop) stop_all ;;
  clean) stop_all; rm -rf "$data" ;;
  -h | --help) sed -n '2,10s/^# \{0,1\}//p' "$0" ;;
  *) echo "quickstart.sh: unknown command '$1'; use status, stop, clean, or no command" >&2; exit 2 ;;
esac
