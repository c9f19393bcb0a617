#!/usr/bin/env bash
# Asks a second of Troupe and of whatever of its peers is installed, in one run on this machine, each by one thread,
# each the median of five: Erlang (Debian erlang-base), Python's asyncio, and simpy and autogen-core (PyPI).
set -euo pipefail
cd "$(dirname "$0")"

troupe=$(../.build/release/troupe bench asks)
echo "troupe, every message an event of a deterministic schedule: $troupe asks/s"

report() { # name, rate
  echo "$1: $2 asks/s; troupe is $(awk "BEGIN { printf \"%.2f\", $troupe / $2 }") times as fast"
}

if command -v erlc > /dev/null; then
  out=$(mktemp -d)
  erlc -o "$out" peers/ring.erl
  report "erlang, one scheduler" "$(cd "$out" && erl +S 1 -noshell -s ring main -s init stop)"
  rm -r "$out"
else
  echo "erlang: not installed (apt-get install erlang-base)"
fi
report "asyncio" "$(python3 peers/ring_asyncio.py)"
for name in simpy autogen; do
  if rate=$(python3 "peers/ring_$name.py" 2> /dev/null); then
    report "$name" "$rate"
  else
    echo "$name: not installed (pip install $([ $name = autogen ] && echo autogen-core || echo $name))"
  fi
done
