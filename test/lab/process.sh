# Processes the lab started, by id. Sourced by `lab`.
#
# A pid file holds "PID START": the kernel reuses process ids, but not together with the start time, so a stale
# file never names somebody else's process.

# start_time PID: the kernel's start time of a live process; nothing when there is none, or only a zombie.
start_time() {
  local stat
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 0
  read -ra stat <<<"${stat##*) }"
  [[ ${stat[0]} == Z ]] || echo "${stat[19]}"
}

remember() { echo "$2 $(start_time "$2")" >"$1"; }

# live_pid FILE: the process id in FILE if that very process is alive.
live_pid() {
  local pid start
  [[ -f $1 ]] && read -r pid start <"$1" || return 1
  [[ -n $start && $(start_time "$pid") == "$start" ]] || return 1
  echo "$pid"
}

# until_ok SECONDS COMMAND…: polls COMMAND; fails when it has not succeeded in time.
until_ok() {
  local deadline=$((${EPOCHREALTIME/[.,]/} + $1 * 1000000))
  shift
  until "$@" >/dev/null 2>&1; do
    ((${EPOCHREALTIME/[.,]/} < deadline)) || return 1
    sleep 0.03
  done
}
