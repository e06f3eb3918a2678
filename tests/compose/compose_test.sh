#!/usr/bin/env bash
# Tests the compose files on a real Docker engine: starts the cluster, creates and describes topics
# from outside and inside, scrapes all nodes with Prometheus (three), restarts all nodes one by one under
# writes, checks that every broker has every acknowledged topic, and stops the cluster. With TLS (tls), it
# also replaces the CA and all certificates under writes, none of which may fail.
#
#   compose_test.sh BUILD_DIR three|five|tls     exit status 77: skipped, because no engine runs
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
quoratectl=$(cd "$1" && pwd)/cli/quoratectl
size=$2
dockerd_pid=""

if ! "$here/engine.sh" available; then
  if [ "${CI:-}" = true ]; then
    dockerd_pid=$("$here/engine.sh" start)
  else
    echo "skipped: no Docker engine answers (docker info); CI starts one by itself"
    exit 77
  fi
fi

files=(-f "$root/deploy/docker-compose.yml") prefix="" base=9190 brokers=9290 controllers=3
case $size in
  three) ;;
  five) files=(-f "$root/deploy/docker-compose.five.yml") prefix=five- base=9390 brokers=9490 controllers=5 ;;
  tls) files+=(-f "$root/deploy/docker-compose.tls.yml") ;;
  *) echo "compose_test.sh: three, five or tls" >&2; exit 2 ;;
esac
project=quorate-test-$size
# A controller's own certificate may not describe topics.
[ "$size" = tls ] && tools=tools || tools=${prefix}controller-1
# The image of deploy/Dockerfile, with the programs from the build directory instead of its first stage.
export QUORATE_IMAGE=quorate:test QUORATE_DOCKERFILE=build/Dockerfile.prebuilt
export QUORATE_PROMETHEUS_IMAGE=quorate-prometheus:test
built=build/release
awk '/^FROM/ { ++stage } stage != 1' "$root/deploy/Dockerfile" |
  sed "s|--from=builder /programs/|$built/server/quorate-controller $built/server/quorate-broker $built/cli/quoratectl|" \
    >"$root/$QUORATE_DOCKERFILE"
compose() { docker-compose -p "$project" "${files[@]}" "$@"; }
# Also removes the services of the profile observe.
compose_down() { COMPOSE_PROFILES=observe compose down -v --remove-orphans "$@" >/dev/null 2>&1; }

certificates() {
  "$root/deploy/make-certificates.sh" "$QUORATE_TLS_DIR" --cluster-id "$(. "$root/deploy/.env"; echo "$QUORATE_CLUSTER_ID")" "$@"
}

fail() { echo "FAILED: $*" >&2; compose ps >&2 || true; compose logs --tail 30 >&2 || true; exit 1; }
cleanup() {
  local process
  for process in "${writer:-}" "${probe_pid:-}"; do
    [ -z "$process" ] || kill "$process" 2>/dev/null || true
  done
  compose_down -t 5 || true
  [ -z "$dockerd_pid" ] || "$here/engine.sh" stop "$dockerd_pid"
  [ -z "${QUORATE_TLS_DIR:-}" ] || rm -rf "$QUORATE_TLS_DIR"
}
trap cleanup EXIT

"$here/engine.sh" base-image
bootstrap="" broker_endpoints=""
for ((i = 1; i <= controllers; ++i)); do bootstrap+=${bootstrap:+,}127.0.0.1:$((base + i)); done
for i in 1 2 3; do broker_endpoints+=" 127.0.0.1:$((brokers + i))"; done
export QUORATE_BOOTSTRAP=$bootstrap

if [ "$size" = tls ]; then
  [ "$(id -u)" = 0 ] || { echo "the test of TLS runs as root, to give the keys to user 10001" >&2; exit 1; }
  QUORATE_TLS_DIR=$(mktemp -d)
  export QUORATE_TLS_DIR
  tls=$QUORATE_TLS_DIR/nodes/admin
  export QUORATE_TLS_CERT=$tls/cert.pem QUORATE_TLS_KEY=$tls/key.pem QUORATE_TLS_CA=$tls/ca.pem
  certificates --folders --owner 10001 >/dev/null
fi

echo "== up"
compose_down -t 5 || true
compose build >/dev/null || fail "the image does not build"
compose up -d 2>&1 | tail -n 3
"$quoratectl" cluster wait --ready --brokers 3 --timeout 90s || fail "the cluster is not ready"

echo "== a non-root user, loopback ports only"
[ "$(compose exec -T ${prefix}controller-1 id -u)" = 10001 ] || fail "the controller runs as root"
! docker ps --format '{{.Ports}}' | grep -q '0\.0\.0\.0:' || fail "a port is published beyond loopback"

echo "== create and describe, from outside and from inside"
"$quoratectl" topics create orders --partitions 6 --replication-factor 3 || fail "create"
"$quoratectl" topics describe orders || fail "describe from outside"
compose exec -T "$tools" quoratectl topics describe orders | grep -q 'PartitionCount: 6' ||
  fail "describe from inside"

if [ "$size" = three ]; then
  echo "== the profile observe: Prometheus scrapes all six programs"
  # Without Grafana, whose image may not be available.
  COMPOSE_PROFILES=observe compose up -d --build prometheus >/dev/null 2>&1 || fail "no Prometheus"
  compose exec -T prometheus promtool check config /etc/prometheus/prometheus.yml || fail "its configuration"
  for ((i = 0; i < 300; ++i)); do
    answer=$(compose exec -T prometheus promtool query instant http://127.0.0.1:9090 \
      'count(up{job=~"quorate-.*"} == 1)' || true)
    [[ $answer == "{} => 6 "* ]] && break
    sleep 0.2
  done
  [[ $answer == "{} => 6 "* ]] || fail "Prometheus scrapes '$answer'"
fi

if [ "$size" = tls ]; then . "$here/tls_checks.sh"; fi

echo "== rolling restart under a stream of creations"
acknowledged=$(mktemp)
stop_writer=$(mktemp -u)
(
  for ((n = 0; n < 2000; ++n)); do
    [ -e "$stop_writer" ] && break
    "$quoratectl" topics create "stream-$n" --timeout 60s >/dev/null && echo "stream-$n" >>"$acknowledged"
    sleep 0.2
  done
) &
writer=$!
"$root/deploy/rolling-restart.sh" -p "$project" "${files[@]}" --timeout 90 || fail "rolling restart"
touch "$stop_writer"
wait "$writer"
rm -f "$stop_writer"
count=$(wc -l <"$acknowledged")
[ "$count" -gt 0 ] || fail "no creation was acknowledged during the restart"

echo "== $count acknowledged topics: each on every broker, exactly once"
want=$({ cat "$acknowledged"; echo orders; } | sort)
for endpoint in $broker_endpoints; do
  for ((i = 0; i < 100; ++i)); do
    have=$("$quoratectl" brokers view --topics --bootstrap "$endpoint" --output json |
      jq -r '.brokers[0].topics[].name' | grep -E '^(orders|stream-[0-9]+)$' | sort)
    [ "$have" = "$want" ] && break
    sleep 0.1
  done
  [ "$have" = "$want" ] || { diff <(echo "$want") <(echo "$have") | head >&2; fail "the broker at $endpoint differs"; }
done
rm -f "$acknowledged"

echo "== down"
compose_down -t 30 || fail "down"
[ -z "$(docker ps -aq --filter "label=com.docker.compose.project=$project")" ] || fail "containers are left"
echo "passed"
