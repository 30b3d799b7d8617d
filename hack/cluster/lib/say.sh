# shellcheck shell=bash
# Messages, elapsed time, and waiting for something to come up.

say() { printf '%s %s\n' "$(date +%T)" "$*"; }

die() {
  say "error: $*" >&2
  exit 1
}

# now_ms: milliseconds since the epoch. since_ms START: "3.2 s" since then.
now_ms() { echo $((${EPOCHREALTIME/[.,]/} / 1000)); }
since_ms() {
  local ms=$(($(now_ms) - $1))
  printf '%d.%d s' $((ms / 1000)) $((ms / 100 % 10))
}

# wait_for SECONDS WHAT COMMAND...: runs the command ten times a second until it succeeds.
wait_for() {
  local deadline=$(($(now_ms) + $1 * 1000)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    [ "$(now_ms)" -lt "$deadline" ] || die "$what did not come up in time; see hack/cluster.sh logs (in $LOGS)"
    sleep 0.1
  done
}
