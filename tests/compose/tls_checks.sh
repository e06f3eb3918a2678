# Part of compose_test.sh, for a cluster with TLS. Nobody without a certificate is served, and the CA and
# all certificates are replaced while clients write: no call fails, and no session breaks.
nodes=$(compose config --services | grep -E '^(controller|broker)-')

echo "== plain text and strangers are refused"
! QUORATE_TLS_CERT="" QUORATE_TLS_KEY="" QUORATE_TLS_CA="" "$quoratectl" status --timeout 5s >/dev/null 2>&1 ||
  fail "a client without TLS is served"
compose exec -T tools quoratectl status >/dev/null || fail "status in the container tools"
! compose exec -T broker-1 quoratectl topics delete orders >/dev/null 2>&1 || fail "a broker may delete a topic"

# Prints lines that differ from earlier ones if a session of a broker or a leadership has ended.
sessions() {
  "$quoratectl" quorum describe --output json | jq -ce .epoch || fail "no epoch"
  "$quoratectl" brokers list --output json | jq -c '[.brokers[] | [.broker_id, .broker_epoch, .fenced]]'
}

# Runs make-certificates.sh and waits until every node uses what it wrote.
change_certificates() {
  local node begin
  begin=$(date +%s.%N)
  certificates --folders --owner 10001 "$@" >/dev/null || fail "make-certificates.sh $*"
  for node in $nodes; do
    for ((i = 0; i < 600; ++i)); do
      loaded_since "$begin" "$node" && break
      sleep 0.1
    done
    loaded_since "$begin" "$node" || fail "$node did not load its files after make-certificates.sh $*"
  done
}

loaded_since() {
  local lines
  lines=$(docker logs --since "$1" "$(compose ps -q "$2")" 2>&1)
  [[ $lines == *"new connections use the certificate"* ]]
}

# Prints the issuer of the certificate that a port serves.
issuer() {
  # s_client fails because the server ends a connection on which no HTTP/2 is spoken.
  { openssl s_client -connect "127.0.0.1:$1" -CAfile "$QUORATE_TLS_CA" -cert "$QUORATE_TLS_CERT" \
    -key "$QUORATE_TLS_KEY" -verify_return_error </dev/null 2>/dev/null || true; } | openssl x509 -noout -issuer
}

echo "== a new CA and new certificates under writes: no failed call"
before_sessions=$(sessions)
failures=$(mktemp) stop_writer=$(mktemp -u)
# New connections: each quoratectl makes its own handshakes.
(
  for ((n = 0; n < 5000; ++n)); do
    [ -e "$stop_writer" ] && break
    "$quoratectl" topics create "rotation-$n" >/dev/null 2>>"$failures" || echo "creation $n failed" >>"$failures"
  done
  echo "$n topics were created meanwhile"
) &
writer=$!
# One connection that stays open.
coproc PROBE { "$quoratectl" check write-gap --until-eof 2>&1; }
probe_pid=$PROBE_PID probe_out=${PROBE[0]} probe_in=${PROBE[1]}
old_issuer=$(issuer 9191)
change_certificates --new-ca
change_certificates
change_certificates --drop-old-ca
for port in 9191 9192 9193 9291 9292 9293; do
  new_issuer=$(issuer "$port")
  [ -n "$new_issuer" ] && [ "$new_issuer" != "$old_issuer" ] || fail "port $port serves a certificate of '$new_issuer'"
done
touch "$stop_writer"
wait "$writer"
exec {probe_in}>&-
gap=$(sed -n 's/^Widest write gap: *//p' <&"$probe_out")
wait "$probe_pid" || fail "the write probe"
echo "widest write gap: $gap"
[ ! -s "$failures" ] || { cat "$failures" >&2; fail "calls failed while the certificates changed"; }
[ "$(sessions)" = "$before_sessions" ] || fail "sessions ended: $before_sessions became $(sessions)"
rm -f "$failures" "$stop_writer"
