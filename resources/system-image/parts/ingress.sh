# shellcheck shell=bash
# The way in: Caddy on ports 80 and 443. The folder ingress has, or has nothing while there is no Ingress:
#
#   caddy.json            Caddy's configuration; only this one's changes start another generation of it
#   quic.json, quic       the same for HTTP/3, and the addresses of its generations; absent: there is no HTTPS
#   *.crt, *.key          certificates that it names
#   ports                 `tcp 80` a line: what it listens on
#   backends.nft          leads each connection of Caddy to a backend's address, which exists only there, on to a pod:
#                         a pod that comes or goes changes one table and starts nothing
#   acme                  `leader`: this server's Caddy obtains certificates, and hands them to the others;
#                         `from GATEWAY PORT NAME`: this one fetches them there. Absent: none are obtained.
#   store.crt, store.key  by which the ingress servers know one another

# shellcheck source=generations.bash
source "$LIB/generations.bash"

INGRESS_CONF=$RUN/caddy.json # what the current generation was started with
INGRESS_FORMER=$RUN/former.nft # backends of the configuration before, while something leads there
INGRESS_FORMER_SECONDS=10
INGRESS_PROBLEM=$RUN/ingress.problem
INGRESS_STORE=$ETC/certificates # Caddy's own, with what others obtained; on those that follow also pem, as Caddy loads it
INGRESS_FETCH_SECONDS=15
# A generation that ends closes the socket that it listened at: the kernel hands the connections that wait there to the
# next one if it is told so (Linux 5.14), and resets them otherwise.
INGRESS_MIGRATE=/host/sys-net/ipv4/tcp_migrate_req
INGRESS_DEAD_SECONDS=10 # a server that was silent for so long will not go on with its answers

ingress_check() {
  [[ -f $1/caddy.json ]] || return 0
  nft -c -f "$1/backends.nft" || return
  ! cmp -s "$1/caddy.json" "$INGRESS_CONF" || return 0
  mkdir -p "$INGRESS_STORE/pem" "$RUN/store"
  generation_config check "$1/caddy.json" | sed "s|$ETC/ingress/|$1/|g" >"$RUN/caddy.check" || return
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
  if ingress_changed && cmp -s "$ETC/ingress.old/caddy.json" "$INGRESS_CONF"; then
    cp "$ETC/ingress.old/backends.nft" "$INGRESS_FORMER"
  fi
  ingress_backends || return
  ingress_role || say 'could not write the certificates out for Caddy'
  # ports that are taken are the server's owner's affair: it is told, and nothing else waits for them
  if ingress_serve; then rm -f "$INGRESS_PROBLEM"; else say "$(<"$INGRESS_PROBLEM")"; fi
}

# One table of our own, which nft replaces as a whole. parts/mesh.sh calls it, too, when a server is lost or found.
ingress_backends() {
  local gateway
  [[ -f $ETC/ingress/backends.nft ]] || return 0
  {
    rules_alive "$ETC/ingress/backends.nft"
    [[ ! -f $INGRESS_FORMER ]] || awk -f "$LIB/former.awk" "$ETC/ingress/backends.nft" <(rules_alive "$INGRESS_FORMER")
    for gateway in "$LOST"/*; do
      [[ ! -f $gateway ]] || printf 'add element ip coxswain-ingress lost { %s.0/24 }\n' "$(basename "${gateway%.*}")"
    done
    ingress_dead
  } | nft -f -
}

ingress_dead() {
  local gateway
  for gateway in "$LOST"/*; do
    [[ -f $gateway ]] && (($(date +%s) - $(stat -c %Y "$gateway") >= INGRESS_DEAD_SECONDS)) &&
      printf 'add element ip coxswain-ingress dead { %s.0/24 }\n' "$(basename "${gateway%.*}")"
  done
  return 0
}

ingress_running() { generation_running "$(generation_current)" caddy; }

ingress_changed() { ! ingress_running || ! cmp -s "$ETC/ingress/caddy.json" "$INGRESS_CONF"; }

ingress_serve() {
  ingress_changed || return 0
  ingress_free_ports || return
  ingress_next || return
  cp "$ETC/ingress/caddy.json" "$INGRESS_CONF"
  [[ ! -f $INGRESS_FORMER ]] || touch "$INGRESS_FORMER"
}

# Another generation takes the place of the one that is there, if any.
ingress_next() {
  local former
  former=$(generation_current)
  turn_on $INGRESS_MIGRATE
  generation_announce "$former"
  if generation_start $((former + 1)); then
    generation_leave "$former"
    return 0
  fi
  generation_stay "$former"
  ingress_problem 'Caddy does not start: see docker logs coxswain-system on the server.'
  return 1
}

ingress_forget_former() {
  [[ -f $INGRESS_FORMER ]] && ! ingress_changed && (($(date +%s) - $(stat -c %Y "$INGRESS_FORMER") >= INGRESS_FORMER_SECONDS)) || return 0
  rm -f "$INGRESS_FORMER"
  ingress_backends
}

ingress_problem() { echo "$1" >"$INGRESS_PROBLEM"; }

# By a program that is none of this container's: of those ss does not know the name.
ingress_taken() { [[ -n $(ss -Hln"${1:0:1}"p "sport = :$2" | grep -vF 'users:((') ]]; }

# Caddy's listeners would share a port with others that allow it, and each get half of the requests.
ingress_free_ports() {
  local protocol port
  while read -r protocol port; do
    ingress_taken "$protocol" "$port" || continue
    ingress_problem "Port $port ($protocol) is taken by another program of the server: ss -lnp${protocol:0:1} 'sport = :$port' names it there. Stop it, or leave this server out of the ingress with the label coxswain.io/ingress=false."
    return 1
  done <"$ETC/ingress/ports"
}

ingress_keep() {
  [[ -f $ETC/ingress/caddy.json ]] || return 0
  if ingress_changed || ! nft list chain ip coxswain-ingress output >/dev/null 2>&1; then ingress_apply; fi
  quic_keep
  ingress_forget_former
  ingress_dead | nft -f -
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

# The next generation of a server that follows begins with what there is, also if this one has obtained it. And where
# another one is the leader than before, what was packed or fetched last says nothing about what is to be.
ingress_role() {
  if [[ -d $ETC/ingress.old ]] && ! cmp -s "$ETC/ingress.old/acme" "$ETC/ingress/acme"; then
    rm -f "$RUN/packed" "$RUN/fetched.tar"
  fi
  [[ $(cat "$ETC/ingress/acme" 2>/dev/null) != from* ]] || ! ingress_changed || ingress_pems
}

# The folder pem: each certificate of the store with its key, for Caddy to load; of two for a host the later one.
ingress_pems() (
  umask 077
  new=$INGRESS_STORE/pem.new
  rm -rf "$new"
  mkdir -p "$new" || exit
  for certificate in "$INGRESS_STORE"/certificates/*/*/*.crt; do
    key=${certificate%.crt}.key
    pem=${certificate##*/}
    pem=$new/${pem%.crt}.pem
    [[ -f $certificate && -f $key && ! $pem -nt $certificate ]] || continue
    cat "$certificate" "$key" >"$pem" && touch -r "$certificate" "$pem" || exit
  done
  rm -rf "$INGRESS_STORE/pem" && mv "$new" "$INGRESS_STORE/pem"
)

# Takes over a copy of the leader's store. Of the same certificate the later one stays, and so does what the leader has
# not got: it may have become the leader a moment ago.
ingress_merge() (
  umask 077
  for certificate in "$1"/certificates/*/*/*.crt; do
    [[ -f $certificate ]] || continue
    folder=${certificate%/*}
    own=$INGRESS_STORE${folder#"$1"}
    [[ ! $own/${certificate##*/} -nt $certificate ]] || continue
    mkdir -p "${own%/*}" && rm -rf "$own" && mv "$folder" "$own" || exit
  done
  [[ ! -d $1/acme ]] || cp -a "$1/acme" "$INGRESS_STORE/"
)

ingress_pack() {
  local now
  [[ -d $INGRESS_STORE/certificates ]] || return 0
  now=$(cd "$INGRESS_STORE" && find certificates acme -type f -printf '%p %s %T@\n' 2>/dev/null | sort)
  [[ -n $now && $now != "$(cat "$RUN/packed" 2>/dev/null)" ]] || return 0
  (umask 077 && cd "$INGRESS_STORE" && tar -cf "$RUN/store/new.tar" certificates acme) || return
  mv "$RUN/store/new.tar" "$RUN/store/certificates.tar"
  echo "$now" >"$RUN/packed"
}

ingress_fetch() {
  local new=$INGRESS_STORE/new known=()
  [[ ! -f $RUN/fetched.tar ]] || known=(-z "$RUN/fetched.tar")
  curl -sfR --connect-timeout 1 --max-time 5 --resolve "$3:$2:$1" "${known[@]}" -o "$RUN/fetching.tar" \
    --cacert "$ETC/ingress/store.crt" --cert "$ETC/ingress/store.crt" --key "$ETC/ingress/store.key" \
    "https://$3:$2/certificates.tar" && [[ -s $RUN/fetching.tar ]] || return 0
  rm -rf "$new"
  (umask 077 && mkdir -p "$new" && tar -C "$new" -xf "$RUN/fetching.tar") && ingress_merge "$new" || return
  rm -rf "$new"
  mv "$RUN/fetching.tar" "$RUN/fetched.tar"
  say "took over new certificates from $1"
  rm -f "$INGRESS_CONF"
  ingress_apply
}

ingress_facts() {
  [[ ! -f $INGRESS_PROBLEM ]] || printf 'ingress-problem %s\n' "$(<"$INGRESS_PROBLEM")"
}

ingress_teardown() {
  generation_teardown
  rm -f "$INGRESS_CONF" "$INGRESS_FORMER" "$INGRESS_PROBLEM"
  rm -rf "$RUN/store" "$RUN/packed" "$RUN/fetched.tar"
  nft delete table ip coxswain-ingress 2>/dev/null
  turn_back $INGRESS_MIGRATE
  return 0
}
