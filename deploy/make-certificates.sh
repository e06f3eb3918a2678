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
#   --users ROLE/NAME,…  more certificates for people and tools, as in "operator/maria,reader/grafana":
#                     DIR/operator-maria.pem, … ROLE is admin, operator or reader.
#   --days N          how long new certificates are valid, except that of the CA (default 365)
#   --renew           issue all certificates anew; without it, those that are valid for another 30 days
#                     stay as they are
#   --revoke NAME     also revoke the certificate DIR/NAME.pem and write DIR/crl.pem; works alone. The
#                     next run issues a new one for a node that it still names
#   --folders         also copy what each node needs, and nothing else, to a folder of its own:
#                     DIR/nodes/controller-1/cert.pem, key.pem, ca.pem and, if it exists, crl.pem
#   --owner USER      make USER (a name or a number) the owner of those folders; needs root
#   --new-ca          make a new CA that is trusted beside the old one; issues no certificate
#   --drop-old-ca     trust only the newest CA; fails while a certificate of an older one is left
#
# DIR/ca.pem is the CA (ten years), DIR/ca-key.pem its key: keep that key off the machines that run the
# cluster. DIR/admin.pem, DIR/operator.pem and DIR/reader.pem are for quoratectl: each has the role of
# its name (docs/security.md, Roles). Every certificate names its owner by a URI, such as
# quorate://cluster/ID/reader/NAME. Files are replaced in one step, first the key and then the
# certificate; running processes load them within seconds.
#
# To replace the CA without a failed call, run with --new-ca, wait until every process has logged that it
# trusts it, run without either option, which issues all certificates anew, wait again, and run with
# --drop-old-ca.
set -euo pipefail

fail() { echo "make-certificates.sh: $*" >&2; exit 2; }
usage() { sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//p;}' "$0"; }

dir='' cluster='' controllers=3 brokers=3 hosts='' users='' days=365 renew='' revoke='' folders='' owner='' new_ca=''
drop_old_ca=''
while [ $# -gt 0 ]; do
  case $1 in
    -h|--help) usage; exit ;;
    --renew) renew=yes; shift; continue ;;
    --folders) folders=yes; shift; continue ;;
    --new-ca) new_ca=yes; shift; continue ;;
    --drop-old-ca) drop_old_ca=yes; shift; continue ;;
    --*) [ $# -ge 2 ] || fail "$1 needs a value" ;;
    *) [ -z "$dir" ] || fail "unexpected argument '$1'"; dir=$1; shift; continue ;;
  esac
  case $1 in
    --cluster-id) cluster=$2 ;;
    --controllers) controllers=$2 ;;
    --brokers) brokers=$2 ;;
    --host) hosts=$2 ;;
    --users) users=$2 ;;
    --days) days=$2 ;;
    --revoke) revoke=$2 ;;
    --owner) owner=$2 ;;
    *) fail "unknown option '$1'; see --help" ;;
  esac
  shift 2
done
[ -n "$dir" ] || { usage >&2; exit 2; }
[[ $cluster =~ ^[A-Za-z0-9_-]{22}$ || -n $revoke ]] ||
  fail "--cluster-id must be the 22 characters of the cluster's id (quoratectl cluster new-id)"
[[ $controllers =~ ^[0-9]+$ && $brokers =~ ^[0-9]+$ && $days =~ ^[0-9]+$ ]] ||
  fail "--controllers, --brokers and --days need a number"
[[ -z $owner || -n $folders ]] || fail "--owner needs --folders"
[[ -z $new_ca || -z $drop_old_ca$renew$revoke ]] ||
  fail "--new-ca works without --drop-old-ca, --renew and --revoke: every process must trust the new CA first"

for user in ${users//,/ }; do
  [[ $user =~ ^(admin|operator|reader)/[A-Za-z0-9._@-]{1,64}$ ]] ||
    fail "--users: '$user' is not admin/NAME, operator/NAME or reader/NAME, where NAME is 1 to 64 letters," \
      "digits, '.', '_', '-' and '@'"
done

umask 077
mkdir -p "$dir"
cd "$dir"

new_key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1" 2>/dev/null; }

# Puts a new CA before those that ca.pem contains. The first one signs.
make_ca() {
  new_key ca-key.pem.new
  openssl req -new -x509 -key ca-key.pem.new -days 3650 -subj "/O=Quorate/CN=Quorate CA $(openssl rand -hex 4)" \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign -out ca.pem.new
  [ ! -e ca.pem ] || cat ca.pem >>ca.pem.new
  mv ca-key.pem.new ca-key.pem
  mv ca.pem.new ca.pem
  echo "made $dir/ca.pem"
}

# Runs openssl's CA with revoked.txt, in which it keeps what was revoked.
openssl_ca() {
  openssl ca -batch -cert ca.pem -keyfile ca-key.pem -config <(
    printf '%s\n' '[ca]' 'default_ca=quorate' '[quorate]' 'database=revoked.txt' 'default_md=sha256') "$@" 2>/dev/null
}

list_revoked() {
  openssl_ca -gencrl -crldays 3650 -out crl.pem.new
  mv crl.pem.new crl.pem
  echo "wrote $dir/crl.pem"
}

revoke() {
  [ -e "$1.pem" ] || fail "there is no $dir/$1.pem"
  [ "$(grep -c BEGIN ca.pem)" = 1 ] || fail "$dir/ca.pem has an old CA: finish its replacement (--drop-old-ca)"
  touch revoked.txt
  openssl_ca -revoke "$1.pem" || echo "$dir/$1.pem was revoked before"
  list_revoked
}

# Prints the CA that signs.
signing_ca() { openssl x509 -in ca.pem; }
is_signed() { openssl verify -CAfile <(signing_ca) "$1.pem" >/dev/null 2>&1; }

drop_old_ca() {
  local key certificate
  for key in *-key.pem; do
    certificate=${key%-key.pem}
    [ "$certificate" = ca ] || is_signed "$certificate" ||
      fail "$dir/$certificate.pem is not of the newest CA: issue it first (without --drop-old-ca), or remove it"
  done
  signing_ca >ca.pem.new
  mv ca.pem.new ca.pem
  [ ! -e crl.pem ] || list_revoked
  echo "$dir/ca.pem has only the newest CA"
}

is_fresh() {
  [ -z "$renew" ] && openssl x509 -in "$1.pem" -noout -checkend $((30 * 86400)) >/dev/null 2>&1 &&
    is_signed "$1" && ! is_revoked "$1"
}

is_revoked() {
  local serial
  serial=$(openssl x509 -in "$1.pem" -noout -serial)
  grep -qs "^R.*[[:space:]]${serial#serial=}[[:space:]]" revoked.txt
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


# Copies SOURCE to TARGET in one step, if they differ.
put() {
  ! cmp -s "$1" "$2" || return 0
  cp "$1" "$2.new"
  [ -z "$owner" ] || chown "$owner" "$2.new"
  mv "$2.new" "$2"
}

# The trust of a node changes before its certificate does.
fill_folder() {
  local folder=nodes/$1
  mkdir -p "$folder"
  put ca.pem "$folder/ca.pem"
  [ ! -e crl.pem ] || put crl.pem "$folder/crl.pem"
  put "$1-key.pem" "$folder/key.pem"
  put "$1.pem" "$folder/cert.pem"
  [ -z "$owner" ] || chown "$owner" "$folder"
}

names=()
for ((i = 1; i <= controllers; ++i)); do names+=("controller-$i"); done
for ((i = 1; i <= brokers; ++i)); do names+=("broker-$i"); done
names+=(admin operator reader)
for user in ${users//,/ }; do names+=("${user/\//-}"); done

issue() {
  case $1 in
    controller-* | broker-*)
      make "$1" serverAuth,clientAuth "$(host_names "$1"),URI:quorate://cluster/$cluster/${1/-//}" ;;
    # Of operator-maria the URI ends in operator/maria, and of operator in operator/operator.
    *) make "$1" clientAuth "URI:quorate://cluster/$cluster/${1%%-*}/${1#*-}" ;;
  esac
}

if [ -n "$revoke" ]; then revoke "$revoke"; fi
[ -n "$cluster" ] || exit 0
if [ -n "$drop_old_ca" ]; then
  drop_old_ca
elif [ -n "$new_ca" ] || [ ! -e ca.pem ]; then
  make_ca
fi
for name in "${names[@]}"; do
  [ -n "$new_ca$drop_old_ca$revoke" ] || issue "$name"
  [ -z "$folders" ] || fill_folder "$name"
done
