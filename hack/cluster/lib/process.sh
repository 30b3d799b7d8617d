# shellcheck shell=bash
# Processes of the cluster: started detached, remembered by pid and start time, so that a pid used again is never touched.

# started_at PID: when the kernel started it, in ticks since boot; fails when there is no such process or it is a zombie.
started_at() {
  local stat
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  stat=${stat##*) }
  [ "${stat%% *}" != Z ] || return 1
  awk '{print $20}' <<<"$stat"
}

# remember NAME PID
remember() {
  local started
  started=$(started_at "$2") || die "$1 ended at once: $(tail -n 3 "$LOGS/$1.log")"
  echo "$2 $started" >"$PIDS/$1"
}

# pid_of NAME: prints the pid, if that very process still runs.
pid_of() {
  local pid started
  { read -r pid started <"$PIDS/$1"; } 2>/dev/null || return 1
  [ -n "$started" ] && [ "$(started_at "$pid")" = "$started" ] && echo "$pid"
}

# start NAME COMMAND...: output is added to logs/NAME.log.
start() {
  local name=$1
  shift
  setsid nohup "$@" >>"$LOGS/$name.log" 2>&1 </dev/null &
  remember "$name" $!
}

# wait_for_process SECONDS NAME COMMAND...: like wait_for, but a process that ended is told at once, with its last words.
wait_for_process() {
  local deadline=$(($(now_ms) + $1 * 1000)) name=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    pid_of "$name" >/dev/null || die "$name ended: $(tail -n 3 "$LOGS/$name.log")"
    [ "$(now_ms)" -lt "$deadline" ] || die "$name did not come up in time; see hack/cluster.sh logs $name"
    sleep 0.1
  done
}

# end NAME...: kills each and waits until it is gone. Nothing of a cluster is kept, so nobody is given time to save anything
# (an API server asked politely waits for its watches to close, which takes longer than all the rest).
end() {
  local name pid
  for name in "$@"; do
    if pid=$(pid_of "$name"); then kill -9 "$pid" 2>/dev/null || true; fi
  done
  for name in "$@"; do
    for _ in {1..200}; do
      pid_of "$name" >/dev/null || break
      sleep 0.02
    done
    rm -f "$PIDS/$name"
  done
}
