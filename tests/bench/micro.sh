#!/bin/bash
# Microbenchmarks of the parts on the way of a byte, and instructions per append under callgrind.
#
# usage: micro.sh [OPTION OF GOOGLE BENCHMARK ...]     e.g. --benchmark_filter=append
#
# ./dev bench --micro builds what this runs. The directory is $TMPDIR's (7 GB); it judges nothing.
set -euo pipefail
cd "$(dirname "$0")/../.."
bin=build/release/bin

instructions() { # of the driver with these arguments, in all
  local out
  out=$(valgrind --tool=callgrind --callgrind-out-file=/dev/null "$bin/cairn-append-driver" "$@" 2>&1)
  sed -n 's/.*Collected : \([0-9]*\).*/\1/p' <<<"$out"
}

per_append() { # what one more costs: between N and 2 N
  local what=$1 bytes=$2 n=2000 once twice
  once=$(instructions "$what" $n "$bytes")
  twice=$(instructions "$what" $((2 * n)) "$bytes")
  printf '%-8s %6s bytes: %6s\n' "$what" "$bytes" $(((twice - once) / n))
}

"$bin/cairn-microbench" "$@"

if ! command -v valgrind >/dev/null; then
  echo "valgrind is not installed: no instructions are counted" >&2
  exit 0
fi
echo
echo "instructions per append, in user space:"
for what in journal member; do
  for bytes in 512 4096 16384; do per_append $what $bytes; done
done
