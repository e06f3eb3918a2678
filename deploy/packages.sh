#!/usr/bin/env bash
# Lists and installs the Debian 12 packages that Quorate needs, by purpose.
#
#   deploy/packages.sh list PURPOSE…         prints the packages
#   deploy/packages.sh install PURPOSE…      prints and installs the missing ones (as root or with sudo)
#   deploy/packages.sh unpack DIR PURPOSE…   unpacks them below DIR and installs nothing
#
# Purposes: run build test tidy sanitize compose bench observe
# Installing prometheus would start a daemon that listens on all addresses, so observe is for unpack.
set -euo pipefail

packages_for() {
  case $1 in
    run) echo libgrpc++1.51 libprotobuf32 librocksdb7.8 libgoogle-glog0v6 libabsl20220623 libtomlplusplus3 \
      libarchive13 libcivetweb1 libmimalloc2.0 libprometheus-cpp-core1.0 libssl3 libxxhash0 ;;
    build) echo build-essential ca-certificates ccache cmake jq libabsl-dev libarchive-dev libcli11-dev \
      libgoogle-glog-dev libgrpc++-dev libmimalloc-dev libprotobuf-dev librocksdb-dev libssl-dev \
      libtomlplusplus-dev libxxhash-dev ninja-build nlohmann-json3-dev pkg-config prometheus-cpp-dev \
      protobuf-compiler protobuf-compiler-grpc ;;
    test) echo git libgmock-dev libgtest-dev librapidcheck-dev openssl python3 python3-grpcio python3-protobuf \
      python3-yaml ;;
    tidy) echo clang-14 clang-format-14 clang-tidy-14 libbenchmark-dev ;;
    sanitize) echo clang-14 libclang-rt-14-dev ;;
    bench) echo etcd-server ;;
    compose) echo debootstrap docker-compose docker.io iptables jq ;;
    observe) echo prometheus ;;
    *) echo "packages.sh: unknown purpose '$1' (run, build, test, tidy, sanitize, compose, bench, observe)" >&2; exit 2 ;;
  esac
}

wanted() {
  local purpose
  for purpose in "$@"; do packages_for "$purpose"; done | tr ' ' '\n' | sort -u
}

missing() {
  local package
  for package in $(wanted "$@"); do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || echo "$package"
  done
}

# Sets `apt` to the apt-get command, as root. $1 says what needs root.
use_apt() {
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || {
      echo "packages.sh: needs root or sudo; $1 as root, then run this again" >&2
      exit 1
    }
    as_root=(sudo)
  fi
  # Another apt process (for example unattended-upgrades) may hold the lock for a while.
  apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq
       -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0)
}

install() {
  local packages apt
  mapfile -t packages < <(missing "$@")
  [ ${#packages[@]} -gt 0 ] || return 0
  echo "Installing ${#packages[@]} missing Debian packages: ${packages[*]}"
  use_apt "install the packages above"
  "${apt[@]}" update
  "${apt[@]}" install -y --no-install-recommends "${packages[@]}" >/dev/null
}

# Downloads a package and unpacks it, unless that was done before. No script of the package runs.
unpack() {
  local dir=$1 package apt
  shift
  for package in $(wanted "$@"); do
    [ ! -e "$dir/$package.unpacked" ] || continue
    echo "Unpacking the Debian package $package below $dir"
    mkdir -p "$dir/$package.download"
    download() { (cd "$dir/$package.download" && apt-get -qq download "$package" 2>/dev/null); }
    download || { use_apt "run apt-get update" && "${apt[@]}" update && download; } || {
      echo "packages.sh: apt-get download $package failed" >&2
      exit 1
    }
    dpkg-deb -x "$dir/$package.download"/*.deb "$dir"
    rm -r "$dir/$package.download"
    touch "$dir/$package.unpacked"
  done
}

command=${1:-}
shift || true
case $command in
  list) wanted "$@" ;;
  install) install "$@" ;;
  unpack) unpack "$@" ;;
  *) sed -n '2,10s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac
