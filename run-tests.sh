#!/usr/bin/env bash
# Installs missing packages, builds, and runs tests. The last line is `N passed, N failed, N skipped`.
#
#   ./run-tests.sh [STAGE…]
#
# Stages (default: unit interaction integration chaos sim observe compose, which is every test):
#   unit          tests beside the code, and the rules of the source tree
#   interaction   transcripts of commands and their output, in text files
#   integration   the real programs on loopback
#   chaos         the real programs under random faults for CHAOS_SECONDS (default 60), with CHAOS_SEED
#   sim           whole clusters in the simulator, about 8 minutes (docs/simulation.md)
#   observe       Debian's Prometheus, the alerts and the dashboards, on a real cluster through a failover
#   compose       real containers; skipped if no Docker engine runs (CI starts one)
#   asan          unit and interaction tests below gRPC under ASan and UBSan
#   fuzz          every parser on random inputs, FUZZ_SECONDS each (default 60); docs/security.md
#   tsan          integration tests with the programs under TSan; not run by CI
#   format        clang-format on all files
#   tidy          clang-tidy on all files;  tidy-core: on the targets below gRPC
#
# The first seven stages share the build in build/release; asan and fuzz share build/asan-ubsan. JOBS=N
# overrides the number of cores used.
set -euo pipefail
cd "$(dirname "$0")"

jobs=${JOBS:-$(nproc)}
passed=0 failed=0 skipped=0 failures=""
# The directories below gRPC, which the sanitizers and CI's clang-tidy cover.
core_dirs=(base security raft storage audit metadata controller broker)
# Tests that involve many threads: failovers, brokers, subscriptions, snapshots, program exits.
tsan_tests='^(RestartTest|PauseTest|BrokerTest|SubscriptionTest|SnapshotTransferTest|NetworkTest|RequestIdTest|LogFileTest|CrashTest)\.'
# Excluded: under TSan a cluster writes so slowly that all data fits into a stopped broker's sockets.
not_tsan_tests='^SnapshotTransferTest\.ABrokerFarBehindGetsASnapshotAndThenBatches$'

usage() { sed -n '2,23s/^# \{0,1\}//p' "$0"; }

# configure PRESET: configures a build that does not exist yet, or that quickstart.sh configured without
# tests. Ninja itself handles changes of a CMakeLists.txt.
configure() {
  { [ -f "build/$1/build.ninja" ] && ! grep -q '^BUILD_TESTING:.*=OFF$' "build/$1/CMakeCache.txt"; } ||
    cmake --preset "$1" -DBUILD_TESTING=ON >"build-$1.log" 2>&1 || {
    cat "build-$1.log"
    echo "cmake --preset $1 failed" >&2
    exit 1
  }
  rm -f "build-$1.log"
}

# build PRESET [TARGET…]: builds the named targets, or all targets.
build() {
  configure "$1"
  echo "== build ($1)"
  cmake --build "build/$1" -j "$jobs" ${2:+--target "${@:2}"}
}

# failed_tests BUILD: prints each test that failed in the last run, with the end of its output.
failed_tests() {
  awk -v lines=60 '
    /^[0-9]+\/[0-9]+ Testing: / { name = $3; n = 0 }
    { out[n++] = $0 }
    /^Test Fail/ {
      print "FAILED: " name
      for (i = n > lines ? n - lines : 1; i < n; ++i) print "  " out[i]
    }' "build/$1/Testing/Temporary/LastTest.log"
}

# run_ctest BUILD LABELS [ctest flags…]: runs ctest, and adds its counts and failures to the totals.
run_ctest() {
  local report="$PWD/build/$1/junit-${2//|/-}.xml" attributes value
  echo "== ${2//|/ and } tests ($1)"
  ctest --test-dir "build/$1" -L "^($2)\$" --output-on-failure --no-tests=error \
    --output-junit "$report" "${@:3}" || true
  attributes=$(grep -m1 -A8 '<testsuite ' "$report" | tr '\n' ' ')
  count() { value=$(sed -n "s/.*[[:space:]]$1=\"\([0-9]*\)\".*/\1/p" <<<"$attributes"); echo "${value:-0}"; }
  local total fails skips
  total=$(count tests) fails=$(count failures)
  skips=$(( $(count skipped) + $(count disabled) ))
  [ "$total" -gt 0 ] || { echo "no $2 test found" >&2; fails=1 total=1; }
  [ "$fails" -eq 0 ] || failures+=$(failed_tests "$1")$'\n'
  passed=$((passed + total - fails - skips)) failed=$((failed + fails)) skipped=$((skipped + skips))
}

# check NAME COMMAND…: runs a check that counts as one test.
check() {
  echo "== $1"
  if "${@:2}"; then passed=$((passed + 1)); else failed=$((failed + 1)) failures+="FAILED: $1"$'\n'; fi
}

# Prints the races that TSan reported. A race does not end a program; the program writes it to a file at once.
races() {
  local reports=build/tsan/races
  if compgen -G "$reports.*" >/dev/null; then cat "$reports".*; return 1; fi
}

run_tsan() {
  build release
  build tsan quorate-controller quorate-broker quoratectl
  rm -f build/tsan/races.*
  QUORATE_PROGRAMS="$PWD/build/tsan" \
    TSAN_OPTIONS="suppressions=$PWD/tests/tsan_suppressions.txt log_path=$PWD/build/tsan/races exitcode=0" \
    run_ctest release integration -R "$tsan_tests" -E "$not_tsan_tests"
  check "no race" races
}

tidy() {
  local files
  mapfile -t files < <(git ls-files "${@/%//*.cc}" | grep -v '_test\.cc$')
  JOBS=$jobs python3 tests/tidy/clang_tidy.py build/release "${files[@]}"
}

formatted() {
  git ls-files '*.cc' '*.h' | xargs clang-format-14 --dry-run --Werror
}

stages=("$@")
[ ${#stages[@]} -gt 0 ] || stages=(unit interaction integration chaos sim observe compose)
for stage in "${stages[@]}"; do
  case $stage in
    unit | interaction | integration | chaos | sim | observe | compose | asan | fuzz | tsan | format | tidy | tidy-core) ;;
    -h | --help) usage; exit 0 ;;
    *) echo "run-tests.sh: unknown stage '$stage'" >&2; usage >&2; exit 2 ;;
  esac
done

purposes=(build test)
[[ " ${stages[*]} " == *" tidy"* || " ${stages[*]} " == *" format "* ]] && purposes+=(tidy)
[[ " ${stages[*]} " == *" fuzz "* || " ${stages[*]} " == *" asan "* ]] && purposes+=(sanitize)
deploy/packages.sh install "${purposes[@]}"

for stage in "${stages[@]}"; do
  case $stage in
    unit | interaction | integration | sim) build release; run_ctest release "$stage" -j "$jobs" ;;
    chaos | compose) build release; run_ctest release "$stage" ;;
    observe)
      build release
      deploy/packages.sh unpack build/release/prometheus observe
      run_ctest release observe
      ;;
    asan) build asan-ubsan; run_ctest asan-ubsan 'unit|interaction' -j "$jobs" ;;
    fuzz)
      build asan-ubsan
      rm -f build/asan-ubsan/fuzz/summaries/*
      run_ctest asan-ubsan fuzz -j "$jobs"
      cat build/asan-ubsan/fuzz/summaries/*
      ;;
    tsan) run_tsan ;;
    format) check format formatted ;;
    tidy) build release; check "clang-tidy on all files" tidy "${core_dirs[@]}" client server cli bench ;;
    tidy-core) build release; check "clang-tidy below gRPC" tidy "${core_dirs[@]}" ;;
  esac
done

# CI must not skip any test, because a test that cannot run there is never run at all.
if [ "${CI:-}" = true ] && [ "$skipped" -gt 0 ]; then
  echo "CI: $skipped skipped tests count as failures"
fi
# Repeats the failures at the end, where they are easy to find.
printf '%s' "$failures"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && { [ "${CI:-}" != true ] || [ "$skipped" -eq 0 ]; }
