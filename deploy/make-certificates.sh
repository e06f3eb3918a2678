#!/usr/bin/env bash
# Makes a private CA and the certificates of a cluster with openssl: for tests, for a first cluster, or
# as a pattern for your own CA (docs/security.md). Run it again to add nodes or to renew certificates.
#
#   deploy/make-certificates.sh DIR --cluster-id ID [OPTION…]
#
#   --controllers N   controllers 1 to N (default 3): DIR/controller-1.pem, DIR/controller-1-key.pem, …
#   --brokers N       brokers 1 to N (default 3): DIR/broker-1.pem, …
#   --host NAME,…     more host names and addresses at which the nodes are reached. Each certificate
#                     names the host controller-N or broker-N, localhost and 127.0.0.1 by itself.
#   --days N          how long new certificates of nodes and of the admin are valid (default 365)
#   --renew           issue all certificates anew; without it, those that are valid for another 30 days
#                     stay as they are
#   --revoke NAME     also revoke the certificate DIR/NAME.pem and write DIR/crl.pem; works alone
#
# DIR/ca.pem is the CA (ten years), DIR/ca-key.pem its key: keep that key off the machines that run the
# cluster. DIR/admin.pem is for quoratectl. Files are replaced in one step, first the key and then the
# certificate; running processes load them within seconds.
set -euo pipefail

fail() { echo "make-certificates.sh: $*" >&2; exit 2; }
usage() { sed -n '2,20s/^# \{0,1\}//p' "$0"; }

dir='' cluster='' controllers=3 brokers=3 hosts='' days=365 renew='' revoke=''
while [ $# -gt 0 ]; do
  case $1 in
    -h|--help) usage; exit ;;
    --renew) renew=yes; shift; continue ;;
    --*) [ $# -ge 2 ] || fail "$1 needs a value" ;;
    *) [ -z "$dir" ] || fail "unexpected argument '$1'"; dir=$1; shift; continue ;;
  esac
  case $1 in
    --cluster-id) cluster=$2 ;;
    --controllers) controllers=$2 ;;
    --brokers) brokers=$2 ;;
    --host) hosts=$2 ;;
    --days) days=$2 ;;
    --revoke) revoke=$2 ;;
    *) fail "unknown option '$1'; see --help" ;;
  esac
  shift 2
done
[ -n "$dir" ] || { usage >&2; exit 2; }
[[ $cluster =~ ^[A-Za-z0-9_-]{22}$ || -n $revoke ]] ||
  fail "--cluster-id must be the 22 characters of the cluster's id (quoratectl cluster new-id)"
[[ $controllers =~ ^[0-9]+$ && $brokers =~ ^[0-9]+$ && $days =~ ^[0-9]+$ ]] ||
  fail "--controllers, --brokers and --days need a number"

umask 077
mkdir -p "$dir"
cd "$dir"

new_key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1" 2>/dev/null; }

make_ca() {
  [ ! -e ca.pem ] || return 0
  new_key ca-key.pem
  openssl req -new -x509 -key ca-key.pem -days 3650 -subj "/O=Quorate/CN=Quorate CA" \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign -out ca.pem.new
  mv ca.pem.new ca.pem
  echo "made $dir/ca.pem"
}

is_fresh() {
  [ -z "$renew" ] && openssl x509 -in "$1.pem" -noout -checkend $((30 * 86400)) >/dev/null 2>&1 &&
    openssl verify -CAfile ca.pem "$1.pem" >/dev/null 2>&1
}

# make NAME USES ALTERNATIVE_NAMES
make() {
  ! is_fresh "$1" || return 0
  new_key "$1-key.pem.new"
  openssl req -new -key "$1-key.pem.new" -subj "/O=Quorate/CN=$1" |
    openssl x509 -req -days "$days" -CA ca.pem -CAkey ca-key.pem -set_serial "0x1$(openssl rand -hex 15)" \
      -out "$1.pem.new" -extfile <(echo "basicConstraints=critical,CA:FALSE"
                                   echo "extendedKeyUsage=$2"; echo "subjectAltName=$3") 2>/dev/null
  mv "$1-key.pem.new" "$1-key.pem"
  mv "$1.pem.new" "$1.pem"
  echo "made $dir/$1.pem"
}

# Prints DNS:NAME,IP:ADDRESS,… for the hosts of a node.
host_names() {
  local host
  printf 'DNS:%s,DNS:localhost,IP:127.0.0.1' "$1"
  for host in ${hosts//,/ }; do
    if [[ $host =~ ^[0-9.]+$ || $host == *:* ]]; then printf ',IP:%s' "$host"; else printf ',DNS:%s' "$host"; fi
  done
}

revoke() {
  [ -e "$1.pem" ] || fail "there is no $dir/$1.pem"
  touch revoked.txt
  local settings
  settings=$(printf '%s\n' '[ca]' 'default_ca=quorate' '[quorate]' 'database=revoked.txt' 'default_md=sha256')
  openssl ca -batch -config <(echo "$settings") -cert ca.pem -keyfile ca-key.pem -revoke "$1.pem" 2>/dev/null ||
    echo "$dir/$1.pem was revoked before"
  openssl ca -config <(echo "$settings") -cert ca.pem -keyfile ca-key.pem -gencrl -crldays 3650 \
    -out crl.pem.new 2>/dev/null
  mv crl.pem.new crl.pem
  echo "wrote $dir/crl.pem"
}

if [ -n "$revoke" ]; then revoke "$revoke"; fi
[ -n "$cluster" ] || exit 0
make_ca
for ((i = 1; i <= controllers; ++i)); do
  make "controller-$i" serverAuth,clientAuth \
    "$(host_names "controller-$i"),URI:quorate://cluster/$cluster/controller/$i"
done
for ((i = 1; i <= brokers; ++i)); do
  make "broker-$i" serverAuth,clientAuth "$(host_names "broker-$i"),URI:quorate://cluster/$cluster/broker/$i"
done
make admin clientAuth "URI:quorate://cluster/$cluster/admin/admin"
