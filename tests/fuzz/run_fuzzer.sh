#!/usr/bin/env bash
# Runs one fuzzer for FUZZ_SECONDS (default 60) or until an input breaks a rule. FUZZ_SEED (default 1) chooses
# the random inputs, so that a run on unchanged code tries the same ones again; 0 is a new seed each time.
#
#   run_fuzzer.sh PROGRAM CORPUS DIRECTORY
#
# It begins with the corpus and with the inputs that earlier runs have found, which are in DIRECTORY/inputs/.
# One line with the number of inputs and the coverage is added to DIRECTORY/summaries/. An input that breaks a
# rule is kept in DIRECTORY/failures/.
set -euo pipefail

program=$1 corpus=$2 directory=$3
name=${program##*/fuzz_}
inputs=$directory/inputs/$name log=$directory/logs/$name.log summary=$directory/summaries/$name
mkdir -p "$inputs" "$directory/logs" "$directory/failures" "$directory/summaries"

# An input may take 10 s and 2.5 GiB. A leak counts as a failure too.
failed=0
GLOG_minloglevel=3 "$program" -max_total_time="${FUZZ_SECONDS:-60}" -seed="${FUZZ_SEED:-1}" -timeout=10 -rss_limit_mb=2560 \
  -max_len=8192 -print_final_stats=1 -artifact_prefix="$directory/failures/$name-" \
  "$inputs" "$corpus" >"$log" 2>&1 || failed=$?

awk -v name="$name" -v failed="$failed" '
  / cov: / { for (i = 1; i < NF; ++i) if ($i == "cov:") coverage = $(i + 1) }
  /number_of_executed_units:/ { runs = $2 }
  END { printf "%-18s %12d inputs, coverage %6d%s\n", name, runs, coverage, failed ? ", FAILED" : "" }
' "$log" >"$summary"

[ "$failed" -ne 0 ] || exit 0
tail -n 60 "$log"
input=$(sed -n 's/.*Test unit written to //p' "$log" | tail -n 1)
echo "the input that failed: ${input:-none was written}; the whole output: $log"
exit 1
