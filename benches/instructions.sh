#!/usr/bin/env bash
# Compares the instructions that seven kernels take with the recorded ones; ends with 1 if one takes more or
# less by over the tolerance. One thread, no native flags. Under valgrind no machine says that it has SHA
# instructions, so hashing is counted in its portable form. Without valgrind nothing is compared; with CI set
# that fails.
#
# usage: benches/instructions.sh [--record]
set -euo pipefail
cd "$(dirname "$0")/.."

recorded=benches/instructions.json
tolerance_percent=3
kernels=(blocks ledger entities components search arrival trace)

if ! command -v valgrind >/dev/null; then
  echo "instructions: not compared: valgrind is not installed"
  [[ -z ${CI:-} ]]
  exit
fi

cargo build --release --quiet --package moneytrail-benches
program=${CARGO_TARGET_DIR:-target}/release/moneytrail-bench
compiler=$(rustc --version)

count() {
  valgrind --tool=callgrind --callgrind-out-file=/dev/null --collect-atstart=no \
    --toggle-collect='*counted_region*' "$program" count "$1" 2>&1 >/dev/null |
    sed -n 's/.*Collected : \([0-9]*\).*/\1/p'
}

# The value of a field of the record, which has one field a line.
field() { sed -n "s/^ *\"$1\": \"\{0,1\}\([^\",]*\)\"\{0,1\},\{0,1\}\$/\1/p" "$recorded"; }

if [[ ${1:-} == --record ]]; then
  {
    printf '{\n  "compiler": "%s",\n  "valgrind": "%s"' "$compiler" "$(valgrind --version)"
    for kernel in "${kernels[@]}"; do printf ',\n  "%s": %s' "$kernel" "$(count "$kernel")"; done
    printf '\n}\n'
  } >"$recorded.tmp"
  mv "$recorded.tmp" "$recorded"
  cat "$recorded"
  exit 0
fi

is_comparable=yes
if [[ $(field compiler) != "$compiler" ]]; then
  echo "instructions: recorded with $(field compiler), this is $compiler: shown, not judged"
  is_comparable=no
fi

n_off=0
for kernel in "${kernels[@]}"; do
  before=$(field "$kernel")
  now=$(count "$kernel")
  permille=$(((now - before) * 1000 / before))
  verdict=
  if ((permille > tolerance_percent * 10 || permille < -tolerance_percent * 10)); then
    verdict="  beyond ${tolerance_percent} %: benches/instructions.sh --record, and say why in the commit"
    n_off=$((n_off + 1))
  fi
  printf '%-10s %12d recorded %12d now %+6d ‰%s\n' "$kernel" "$before" "$now" "$permille" "$verdict"
done
[[ $n_off == 0 || $is_comparable == no ]]
