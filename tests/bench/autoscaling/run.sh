#!/usr/bin/env bash
# Autoscaling policies on days of real traffic, on virtual time; writes docs/benchmarks-autoscaling.md.
#   PENSTOCK_TRACES=FOLDER tests/bench/autoscaling/run.sh [--quick]
# FOLDER holds servegen_{m_large,deepseek_r1}_{clients.csv.gz,lengths.json.gz} (docs/simulate.md says where they come from).
# --quick: only the first two hours of each day, into build/, to see that it runs.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
cd "$root"
traces=${PENSTOCK_TRACES:-}
if [ -z "$traces" ] || [ ! -f "$traces/servegen_m_large_clients.csv.gz" ]; then
  echo "set PENSTOCK_TRACES to the folder of servegen_m_large_clients.csv.gz and its companions (docs/simulate.md)" >&2
  exit 2
fi
penstock=${PENSTOCK_BINARY:-build/release/penstock}
out=build/bench/autoscaling
mkdir -p "$out"
part=()
page=docs/benchmarks-autoscaling.md
if [ "${1:-}" = --quick ]; then
  part=(--until 2h)
  page=$out/quick.md
fi

# simulate NAME TRACE POLICIES FLAGS...: one load, many policies.
simulate() {
  local name=$1 trace=$2 policies=$3
  shift 3
  local start
  start=$(date +%s)
  "$penstock" simulate --form servegen --trace "$traces/servegen_${trace}_clients.csv.gz" \
    --lengths "$traces/servegen_${trace}_lengths.json.gz" --model llama-3.1-70b --tensor 4 --min 1 --max 64 --initial 12 \
    --policy "$policies" "${part[@]}" -o json --file "$out/$name.json" "$@"
  echo "$name: $(($(date +%s) - start)) s"
}

# Llama-3.1-70B on 4 A100 each; a share of m-large's users.
chat() { simulate "$1" m_large "$2" --accelerator a100 --scale 0.12 --slo-ttft 1s --slo-tpot 100ms "${@:3}"; }
# Llama-3.1-70B on 4 H100 each; all of deepseek-r1's users.
reason() { simulate "$1" deepseek_r1 "$2" --accelerator h100 --scale 1 --slo-ttft 2s --slo-tpot 100ms "${@:3}"; }

reference=clairvoyant=0.4,clairvoyant=0.5,clairvoyant=0.6,clairvoyant=0.7,clairvoyant=0.8,clairvoyant=0.9
chat_sweep=hpa-concurrency=10,hpa-concurrency=12,hpa-concurrency=14,hpa-concurrency=16,hpa-concurrency=20,hpa-concurrency=26
chat_sweep+=,hpa-queue=0.1,hpa-queue=0.2,hpa-queue=1,hpa-kv=0.03,hpa-kv=0.04,hpa-kv=0.05,hpa-kv=0.06,hpa-kv=0.1,hpa-kv=0.5
chat_sweep+=,hpa-cpu=0.7,hpa-cpu=0.8,hpa-cpu=0.9,keda=0.2,keda=1,keda=5,kpa=12,kpa=16,kpa=20,kpa=24,kpa=100
chat_fixed=static=9,static=10,static=11,static=12,static=13,static=14,static=15
reason_sweep=hpa-concurrency=50,hpa-concurrency=60,hpa-concurrency=70,hpa-concurrency=80,hpa-concurrency=90,hpa-concurrency=100
reason_sweep+=,hpa-queue=1,hpa-queue=5,hpa-kv=0.06,hpa-kv=0.4,hpa-kv=0.5,hpa-kv=0.55,hpa-kv=0.6,hpa-kv=0.65,hpa-kv=0.7,hpa-kv=0.8
reason_sweep+=,hpa-cpu=0.7,hpa-cpu=0.9,keda=1,keda=5,kpa=70,kpa=90,kpa=100,kpa=120,kpa=140
reason_fixed=static=15,static=16,static=17,static=18,static=19
# The sweep's best, for the other days and cold starts.
few=penstock,hpa-concurrency=12,hpa-concurrency=16,hpa-concurrency=80,hpa-kv=0.04,hpa-kv=0.06,hpa-kv=0.6

reason reason "penstock,$reason_sweep,$reason_fixed,$reference" --cold-start 180s
chat chat-9 "penstock,$chat_sweep,$chat_fixed,$reference" --day 9 --cold-start 180s
for cold in 30s 600s; do
  chat "chat-9-$cold" "$few,$reference" --day 9 --cold-start "$cold"
  reason "reason-$cold" "$few,$reference" --cold-start "$cold"
done
for day in 0 10 12; do
  chat "chat-$day" "$few,$reference" --day "$day" --cold-start 180s
done
for seed in 2 3; do
  chat "chat-9-seed-$seed" penstock --day 9 --cold-start 180s --seed "$seed"
  reason "reason-seed-$seed" penstock --cold-start 180s --seed "$seed"
done
python3 tests/bench/autoscaling/report.py "$out" >"$page"
echo "written: $page"
