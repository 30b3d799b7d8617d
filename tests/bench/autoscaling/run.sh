#!/usr/bin/env bash
# Autoscaling policies on days of real traffic, on virtual time; writes docs/benchmarks-autoscaling.md.
#   PENSTOCK_TRACES=FOLDER tests/bench/autoscaling/run.sh [--quick] [--only penstock|baselines]
# FOLDER holds servegen_{m_large,deepseek_r1}_{clients.csv.gz,lengths.json.gz} (docs/simulate.md says where they come from).
# --quick: only the first two hours of each day, into build/, to see that it runs. --only keeps the results of the other half.
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
only=
page=docs/benchmarks-autoscaling.md
while [ $# -gt 0 ]; do
  case $1 in
    --quick)
      part=(--until 2h)
      out=$out/quick
      mkdir -p "$out"
      page=$out/page.md
      ;;
    --only)
      only=${2:-}
      shift
      ;;
    *)
      echo "unknown argument \"$1\"; there are --quick and --only penstock|baselines" >&2
      exit 2
      ;;
  esac
  shift
done

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

reference=clairvoyant=0.5,clairvoyant=0.6,clairvoyant=0.7,clairvoyant=0.8
# Targets around the best of each baseline, and its usual default.
chat_sweep=hpa-concurrency=10,hpa-concurrency=12,hpa-concurrency=14,hpa-concurrency=16,hpa-concurrency=18,hpa-queue=0.2,hpa-queue=1
chat_sweep+=,hpa-kv=0.04,hpa-kv=0.06,hpa-kv=0.065,hpa-kv=0.5,hpa-cpu=0.9,keda=1,kpa=16,kpa=18,kpa=20,kpa=100,static=11,static=12,static=13
reason_sweep=hpa-concurrency=70,hpa-concurrency=80,hpa-concurrency=90,hpa-queue=1,hpa-kv=0.06,hpa-kv=0.5,hpa-kv=0.55,hpa-kv=0.6,hpa-kv=0.7
reason_sweep+=,hpa-cpu=0.9,keda=1,kpa=100,kpa=120,static=17,static=18
few_chat=hpa-concurrency=12,hpa-concurrency=14,clairvoyant=0.6
# Other cold starts have other best targets.
cold_chat=hpa-concurrency=10,hpa-concurrency=12,hpa-concurrency=14,hpa-concurrency=16,hpa-kv=0.06,kpa=16,static=13,clairvoyant=0.6
cold_reason=hpa-concurrency=40,hpa-concurrency=50,hpa-concurrency=60,hpa-concurrency=80,hpa-kv=0.35,hpa-kv=0.4,hpa-kv=0.45
cold_reason+=,hpa-kv=0.6,hpa-kv=0.65,hpa-kv=0.7,kpa=100,static=18,clairvoyant=0.7

penstock_runs() {
  chat chat-9-penstock penstock --day 9 --cold-start 180s
  reason reason-penstock penstock --cold-start 180s
  local cold day seed
  for day in 0 10 12; do chat "chat-$day-penstock" penstock --day "$day" --cold-start 180s; done
  for cold in 30s 600s; do
    chat "chat-9-$cold-penstock" penstock --day 9 --cold-start "$cold"
    reason "reason-$cold-penstock" penstock --cold-start "$cold"
  done
  for seed in 2 3; do
    chat "chat-9-seed-$seed-penstock" penstock --day 9 --cold-start 180s --seed "$seed"
    reason "reason-seed-$seed-penstock" penstock --cold-start 180s --seed "$seed"
  done
}

baseline_runs() {
  chat chat-9-baselines "$chat_sweep,$reference" --day 9 --cold-start 180s
  reason reason-baselines "$reason_sweep,$reference" --cold-start 180s
  local cold day
  for day in 0 10 12; do chat "chat-$day-baselines" "$few_chat" --day "$day" --cold-start 180s; done
  for cold in 30s 600s; do
    chat "chat-9-$cold-baselines" "$cold_chat" --day 9 --cold-start "$cold"
    reason "reason-$cold-baselines" "$cold_reason" --cold-start "$cold"
  done
}

[ "$only" = baselines ] || penstock_runs
[ "$only" = penstock ] || baseline_runs
python3 tests/bench/autoscaling/report.py "$out" >"$page"
echo "written: $page"
