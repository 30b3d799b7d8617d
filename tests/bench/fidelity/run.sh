#!/usr/bin/env bash
# The simulator beside a real gateway with real engine processes, on ten minutes of a recorded load and of generated
# conversations: prints a table for each fleet and routing, and fails where they differ by more than 10 % and by more than chance.
#   PENSTOCK_TRACES=FOLDER tests/bench/fidelity/run.sh [--speedup N]
# FOLDER holds mooncake_conversation.jsonl.gz (docs/simulate.md). At speedup 1 the fleets run side by side, which takes eleven
# minutes: each uses a thirtieth of a core. At another one they run one after the other.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
cd "$root"
speedup=1
while [ $# -gt 0 ]; do
  case $1 in
    --speedup)
      speedup=${2:-}
      shift
      ;;
    *)
      echo "unknown argument \"$1\"; there is --speedup N" >&2
      exit 2
      ;;
  esac
  shift
done
trace=${PENSTOCK_TRACES:-}/mooncake_conversation.jsonl.gz
if [ ! -f "$trace" ]; then
  echo "set PENSTOCK_TRACES to the folder of mooncake_conversation.jsonl.gz (docs/simulate.md)" >&2
  exit 2
fi
export PENSTOCK=${PENSTOCK_BINARY:-$root/build/release/penstock} PYTHONDONTWRITEBYTECODE=1
out=build/bench/fidelity
rm -rf "$out"
mkdir -p "$out"

slice=$out/slice.jsonl
"$PENSTOCK" simulate --form mooncake --trace "$trace" --from 20m --until 30m --emit-load "$slice"

# Moderate, high and close to what the fleet can do: four engines are too few for this slice.
runs=(
  "$slice --engines 8 --routing LeastLoad"
  "$slice --engines 6 --routing LeastLoad"
  "$slice --engines 5 --routing LeastLoad"
  "$slice --engines 8 --routing RoundRobin"
  "$slice --engines 7 --routing RoundRobin"
  "conversations --engines 8 --accelerator a100 --routing LeastLoad"
  "conversations --engines 8 --accelerator a100 --routing RoundRobin"
  "conversations --engines 8 --accelerator a100 --routing LeastLoad --threads 2"
)
pids=()
failed=0
for i in "${!runs[@]}"; do
  read -ra arguments <<<"${runs[$i]} --speedup $speedup"
  if [ "$speedup" = 1 ]; then
    python3 tests/bench/fidelity/compare.py "${arguments[@]}" >"$out/$i.txt" 2>&1 &
    pids+=($!)
  else
    python3 tests/bench/fidelity/compare.py "${arguments[@]}" || failed=$((failed + 1))
  fi
done
for i in "${!pids[@]}"; do
  wait "${pids[$i]}" || failed=$((failed + 1))
  cat "$out/$i.txt"
done
echo "${#runs[@]} runs, $failed of them differ by more than 10 % and chance, or failed"
[ "$failed" -eq 0 ]
