#!/usr/bin/env bash
# P1 across processors: a tiny training run ends in the same bytes here, on an emulated processor with AVX2 and on one without
# it; logs and runs of one go on on another. (qemu-user, Debian; it has no AVX-512.)
#
#     Tests/Emulated/run.sh [TESTS]
#
# TESTS is the test binary of a release build: with it the products' tests run under the emulator, too.
set -euo pipefail
# A kernel that this processor can run may be beyond the emulated one.
unset OPENBLAS_CORETYPE
here=$(cd "$(dirname "$0")" && pwd)
troupe=${TROUPE:-$here/../../.build/release/troupe}
tests=${1:-}
runs=$(mktemp -d)
trap 'rm -rf "$runs"' EXIT

same() { # RUN
  for file in episodes.log metrics.csv evaluation.csv policy cold-start scenario.json5; do
    diff -r "$runs/native/$file" "$runs/$1/$file"
  done
}

"$troupe" train "$here/tiny.json5" --out "$runs/native" --quiet > "$runs/output"
for processor in Haswell Nehalem; do
  emulated="qemu-x86_64 -cpu $processor"
  if [ -n "$tests" ]; then
    $emulated "$tests" --testing-library swift-testing --filter 'PolicyTests\.ProductsTests' > "$runs/output" 2>&1 ||
      { cat "$runs/output"; exit 1; }
  fi
  $emulated "$troupe" train "$here/tiny.json5" --out "$runs/$processor" --quiet > "$runs/output" 2>&1
  same "$processor"
  $emulated "$troupe" replay "$runs/native/episodes.log" > "$runs/output" 2>&1
  echo "$processor: the same bytes; replays this machine's log"
done
# Begun on the processor without AVX2, killed after a step, and gone on with here.
qemu-x86_64 -cpu Nehalem "$troupe" train "$here/tiny.json5" --out "$runs/moved" --quiet > "$runs/output" 2>&1 &
for _ in $(seq 600); do
  if ls -d "$runs"/moved/checkpoints/[!.]* > /dev/null 2>&1; then break; fi
  sleep 0.1
done
kill -KILL $! 2> /dev/null || true
wait $! 2> /dev/null || true
[ ! -e "$runs/moved/evaluation.csv" ] || { echo "the run ended before it was killed" >&2; exit 1; }
"$troupe" train "$here/tiny.json5" --out "$runs/moved" --resume --quiet > "$runs/output"
same moved
echo "a run that Nehalem began ends here in the same bytes"
