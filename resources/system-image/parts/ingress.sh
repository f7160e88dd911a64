# shellcheck shell=bash
# The way in: Caddy on ports 80 and 443. The folder ingress has, or has nothing while there is no Ingress:
#
#   caddy.json            Caddy's configuration; only this one's changes reload it
#   *.crt, *.key          certificates that it names
#   ports                 `tcp 80` a line: what it listens on
#   addresses             where Caddy finds its backends; they exist only in nftables, on this server
#   backends              `PORT POD-ADDRESS POD-PORT` a line
#   acme                  `leader`: this server's Caddy obtains certificates, and hands them to the others;
#                         `from GATEWAY PORT NAME`: this one fetches them there. Absent: none are obtained.
#   store.crt, store.key  by which the ingress servers know one another
#
# nftables leads each connection of Caddy to a backend's port on to one of its pods: a pod that comes or goes changes
# one table and reloads nothing. Pods of a server that does not answer get nothing, whoever watches or not.

INGRESS_CONF=$RUN/caddy.json
INGRESS_ADMIN=unix/$RUN/caddy.sock
INGRESS_PROBLEM=$RUN/ingress.problem
INGRESS_STORE=$ETC/certificates # Caddy's own; on the others a copy of the leader's, and pem for each certificate
INGRESS_STORE_PORT=49350
INGRESS_FETCH_SECONDS=15

ingress_check() {
  [[ -f $1/caddy.json ]] || return 0
  ! cmp -s "$1/caddy.json" "$INGRESS_CONF" || return 0
  mkdir -p "$INGRESS_STORE/pem" "$RUN/store"
  sed "s|$ETC/ingress/|$1/|g" "$1/caddy.json" >"$RUN/caddy.check" || return
  caddy validate --config "$RUN/caddy.check" >/dev/null 2>"$RUN/caddy.errors" && return
  say "$(tail -1 "$RUN/caddy.errors")"
  return 1
}

ingress_apply() {
  if [[ ! -f $ETC/ingress/caddy.json ]]; then
    ingress_teardown
    return
  fi
  mkdir -p "$INGRESS_STORE/pem" "$RUN/store"
  ingress_backends || return
  ingress_watch
  # ports that are taken are the server's owner's affair: it is told, and nothing else waits for them
  if ingress_serve; then rm -f "$INGRESS_PROBLEM"; else say "$(<"$INGRESS_PROBLEM")"; fi
}

# One table of our own, which nft replaces as a whole.
ingress_backends() {
  exec 8>"$RUN/backends.lock"
  flock 8
  awk -v addresses="$(<"$ETC/ingress/addresses")" -v dead="$(cat "$RUN/dead" 2>/dev/null)" \
    -v gateway="$(mesh_value gateway)" -v store="$INGRESS_STORE_PORT" \
    -f - "$ETC/ingress/backends" >"$RUN/backends.nft" <<'AWK' && nft -f "$RUN/backends.nft"
    BEGIN { gsub(" ", ", ", addresses); count = split(dead, list, " "); for (i in list) is_dead[list[i]] = 1 }
    {
      net = $2; sub(/\.[0-9]+$/, "", net)
      if (!($1 in all)) order[++ports] = $1
      pod[$1, all[$1]++] = $2 " . " $3
      if (!(net in is_dead)) live_pod[$1, live[$1]++] = $2 " . " $3
    }
    END {
      print "table ip coxswain-ingress\ndelete table ip coxswain-ingress\ntable ip coxswain-ingress {"
      for (i = 1; i <= ports; i++) {
        port = order[i]
        # where all seem dead, it is rather us who are cut off
        size = live[port] ? live[port] : all[port]
        printf "  chain to-%s {\n    meta l4proto tcp dnat ip to numgen random mod %d map {", port, size
        for (j = 0; j < size; j++) printf "%s %d : %s", j ? "," : "", j, live[port] ? live_pod[port, j] : pod[port, j]
        print " }\n  }"
        elements = elements (i > 1 ? ", " : "") port " : goto to-" port
      }
      print "  map backends {\n    type inet_service : verdict"
      if (ports) print "    elements = { " elements " }"
      print "  }\n  chain output {\n    type nat hook output priority -101; policy accept;"
      print "    ip daddr { " addresses " } meta l4proto tcp tcp dport vmap @backends\n  }"
      print "  chain dead {\n    type filter hook output priority -11; policy accept;"
      # a request that waits for a dead server learns of it at its next packet, and is sent to another pod
      for (i = 1; i <= count; i++)
        print "    ct original ip daddr { " addresses " } ip daddr " list[i] ".0/24 meta l4proto tcp reject with tcp reset"
      # the certificates' way to the other servers, which leads through the mesh
      print "  }\n  chain input {\n    type filter hook input priority -11; policy accept;"
      if (gateway) print "    tcp dport " store " ip daddr != " gateway " drop"
      print "  }\n}"
    }
AWK
  local code=$?
  exec 8>&-
  return $code
}

ingress_running() { [[ -f $RUN/caddy.pid ]] && kill -0 "$(<"$RUN/caddy.pid")" 2>/dev/null; }

ingress_serve() {
  if ! ingress_running; then
    rm -f "$INGRESS_CONF" "$RUN/caddy.ports"
    ingress_start || return
  elif ! cmp -s "$ETC/ingress/caddy.json" "$INGRESS_CONF"; then
    ingress_free_ports || return
    ingress_reload || return
  fi
  cp "$ETC/ingress/caddy.json" "$INGRESS_CONF"
  cp "$ETC/ingress/ports" "$RUN/caddy.ports"
}

ingress_start() {
  local i protocol port
  ingress_free_ports || return
  read -r protocol port <"$ETC/ingress/ports"
  HOME=$INGRESS_STORE caddy run --config "$ETC/ingress/caddy.json" >/proc/1/fd/2 2>&1 </dev/null 8>&- 9>&- &
  echo $! >"$RUN/caddy.pid"
  for ((i = 0; i < 200; i++)); do
    ingress_running || break
    ! ingress_taken "$protocol" "$port" || return 0
    sleep 0.05
  done
  ingress_problem 'Caddy does not start: see docker logs coxswain-system on the server.'
  return 1
}

ingress_reload() {
  timeout 30 caddy reload --force --config "$ETC/ingress/caddy.json" --address "$INGRESS_ADMIN" 2>"$RUN/caddy.errors" >&2 && return
  ingress_problem "Caddy refused its new configuration: $(tail -1 "$RUN/caddy.errors")"
  return 1
}

ingress_problem() { echo "$1" >"$INGRESS_PROBLEM"; }

ingress_taken() { [[ -n $(ss -Hln"${1:0:1}" "sport = :$2") ]]; }

# Caddy's listeners would share a port with others that allow it, and each get half of the requests.
ingress_free_ports() {
  local protocol port
  while read -r protocol port; do
    ! grep -qx "$protocol $port" "$RUN/caddy.ports" 2>/dev/null || continue
    ! ingress_taken "$protocol" "$port" && continue
    ingress_problem "Port $port ($protocol) is taken by another program of the server: ss -lnp${protocol:0:1} 'sport = :$port' names it there. Stop it, or leave this server out of the ingress with the label coxswain.io/ingress=false."
    return 1
  done <"$ETC/ingress/ports"
}

# Every other server is asked twice a second for a sign of life, and is dead after two silences.
ingress_watch() {
  local peers
  peers=$(awk '$1 == "peer" { sub(/[0-9]+\/.*/, "1", $3); print $3 }' "$ETC/mesh/links" 2>/dev/null | tr '\n' ' ')
  [[ ! -f $RUN/peers.pid || $(cat "$RUN/peers" 2>/dev/null) != "$peers" ]] || ! kill -0 "$(<"$RUN/peers.pid")" 2>/dev/null || return 0
  ingress_unwatch
  echo "$peers" >"$RUN/peers"
  [[ -n $peers ]] || return 0
  # shellcheck disable=SC2086
  ingress_follow $peers >/proc/1/fd/2 2>&1 </dev/null 8>&- 9>&- &
  echo $! >"$RUN/peers.pid"
}

ingress_follow() {
  local ip what before='' now
  declare -A silent=()
  exec 7< <(exec fping -l -p 400 -t 350 "$@" 2>/dev/null)
  # shellcheck disable=SC2064
  trap "kill $! 2>/dev/null; exit 0" TERM
  while read -r ip _ _ what _ <&7; do
    if [[ $what == timed ]]; then silent[$ip]=$((${silent[$ip]:-0} + 1)); else silent[$ip]=0; fi
    now=''
    for ip in "$@"; do ((${silent[$ip]:-0} < 2)) || now+="${ip%.*} "; done
    [[ $now != "$before" ]] || continue
    before=$now
    echo "$now" >"$RUN/dead"
    say "servers that do not answer: ${now:-none}"
    ingress_backends
  done
}

ingress_unwatch() {
  [[ ! -f $RUN/peers.pid ]] || kill "$(<"$RUN/peers.pid")" 2>/dev/null
  rm -f "$RUN/peers.pid" "$RUN/peers" "$RUN/dead"
}

ingress_keep() {
  [[ -f $ETC/ingress/caddy.json ]] || return 0
  ingress_watch
  if ! ingress_running || ! nft list chain ip coxswain-ingress output >/dev/null 2>&1; then ingress_apply; fi
  ingress_certificates
}

# One server obtains, all have: the leader packs what is new, the others look for it and take it over.
ingress_certificates() {
  local role gateway port name
  read -r role gateway port name 2>/dev/null <"$ETC/ingress/acme" || return 0
  if [[ $role == leader ]]; then
    ingress_pack
  elif ((SECONDS >= ${INGRESS_NEXT_FETCH:-0})); then
    INGRESS_NEXT_FETCH=$((SECONDS + INGRESS_FETCH_SECONDS))
    ingress_fetch "$gateway" "$port" "$name"
  fi
}

ingress_pack() {
  local now
  now=$(cd "$INGRESS_STORE" && find certificates acme -type f -printf '%p %s %T@\n' 2>/dev/null | sort)
  [[ -n $now && $now != "$(cat "$RUN/packed" 2>/dev/null)" ]] || return 0
  (umask 077 && cd "$INGRESS_STORE" && tar -cf "$RUN/store/new.tar" certificates acme) || return
  mv "$RUN/store/new.tar" "$RUN/store/certificates.tar"
  echo "$now" >"$RUN/packed"
}

ingress_fetch() {
  local new=$INGRESS_STORE/new known=() dir certificate
  [[ ! -f $RUN/fetched.tar ]] || known=(-z "$RUN/fetched.tar")
  curl -sfR --connect-timeout 1 --max-time 5 --resolve "$3:$2:$1" "${known[@]}" -o "$RUN/fetching.tar" \
    --cacert "$ETC/ingress/store.crt" --cert "$ETC/ingress/store.crt" --key "$ETC/ingress/store.key" \
    "https://$3:$2/certificates.tar" && [[ -s $RUN/fetching.tar ]] || return 0
  rm -rf "$new"
  (umask 077 && mkdir -p "$new/pem" && tar -C "$new" -xf "$RUN/fetching.tar") || return
  for certificate in "$new"/certificates/*/*/*.crt; do
    [[ ! -f $certificate ]] || (umask 077 && cat "$certificate" "${certificate%.crt}.key" >"$new/pem/$(basename "$certificate" .crt).pem")
  done
  for dir in certificates acme pem; do
    rm -rf "${INGRESS_STORE:?}/$dir"
    mv "$new/$dir" "$INGRESS_STORE/$dir" || return
  done
  mv "$RUN/fetching.tar" "$RUN/fetched.tar"
  say "took over new certificates from $1"
  ! ingress_running || ingress_reload
}

ingress_facts() {
  [[ ! -f $INGRESS_PROBLEM ]] || printf 'ingress-problem %s\n' "$(<"$INGRESS_PROBLEM")"
}

ingress_teardown() {
  local pid
  ingress_unwatch
  if ingress_running; then
    pid=$(<"$RUN/caddy.pid")
    kill "$pid"
    while kill -0 "$pid" 2>/dev/null; do sleep 0.02; done
  fi
  rm -f "$RUN/caddy.pid" "$INGRESS_CONF" "$INGRESS_PROBLEM"
  rm -rf "$RUN/store" "$RUN/packed" "$RUN/fetched.tar"
  nft delete table ip coxswain-ingress 2>/dev/null
  return 0
}
