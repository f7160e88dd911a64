# shellcheck shell=bash
# The names: unbound answers on the pods' gateway. names/unbound.conf is read once, the zones again at every change
# without a restart, so that no query fails. What is not of the cluster goes to the server's own resolvers.

NAMES_CONF=$RUN/unbound.conf

names_check() { names_conf "$1" "$RUN/unbound.check" && unbound-checkconf "$RUN/unbound.check" >/dev/null; }

names_conf() {
  {
    sed "s|@ZONES@|$1|" "$1/unbound.conf"
    printf 'forward-zone:\n  name: "."\n'
    awk '$1 == "nameserver" && $2 !~ /:/ { print "  forward-addr: " $2 }' /etc/resolv.conf
  } >"$2"
}

names_running() { [[ -f $RUN/unbound.pid ]] && kill -0 "$(<"$RUN/unbound.pid")" 2>/dev/null; }

names_control() { unbound-control -q -c "$NAMES_CONF" "$@"; }

names_apply() {
  local zone
  names_conf "$ETC/names" "$NAMES_CONF.new"
  if names_running && cmp -s "$NAMES_CONF" "$NAMES_CONF.new"; then
    for zone in $(unbound-control -c "$NAMES_CONF" list_auth_zones | awk '{ print $1 }'); do names_control auth_zone_reload "$zone" || return; done
    return
  fi
  names_stop
  mv "$NAMES_CONF.new" "$NAMES_CONF"
  names_start
}

names_start() {
  local i
  unbound -d -c "$NAMES_CONF" >/proc/1/fd/2 2>&1 </dev/null 9>&- &
  echo $! >"$RUN/unbound.pid"
  for ((i = 0; i < 100; i++)); do
    names_control status >/dev/null 2>&1 && return
    sleep 0.05
  done
  return 1
}

names_stop() {
  local pid
  names_running || return 0
  pid=$(<"$RUN/unbound.pid")
  kill "$pid"
  while kill -0 "$pid" 2>/dev/null; do sleep 0.02; done
}

names_keep() { names_running || names_start || say "the name server does not start"; }

names_teardown() { names_stop; }
