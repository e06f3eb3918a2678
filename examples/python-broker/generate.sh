#!/usr/bin/env bash
# Generates the Python modules of the protocol below this folder. Needs protobuf-compiler and
# protobuf-compiler-grpc.
#
#   ./generate.sh [DIR]     DIR: where to, instead of this folder
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
protos=$here/../../proto
cd "$protos"
protoc -I . --python_out="${1:-$here}" --grpc_python_out="${1:-$here}" \
  --plugin=protoc-gen-grpc_python="$(command -v grpc_python_plugin)" quorate/*/v1/*.proto
