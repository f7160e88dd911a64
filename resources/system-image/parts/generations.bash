# shellcheck shell=bash
# Caddy's processes, for parts/ingress.sh. Each configuration has its own, a generation, in a folder of its number:
#
#   caddy.json, caddy.pid   HTTP/1 and 2. Both generations listen at the same ports, until the former is asked to end.
#   quic.json, quic.pid     HTTP/3, where there is HTTPS, at an address of its own; nftables leads new clients there
#   leaving                 is there once the next one starts: answers are then the last ones of their connections
#   newest.sock             where the former one asks it what only it knows
#   hold.sock, hold.pid     a request that is under way as long as there are WebSockets: Caddy waits for requests only
#   end                     is there when it has to end whatever it does
#
# Beside the folders, newest.sock leads to that of the last one, and quic-leaving is there while HTTP/3 of a former one
# is.

GENERATIONS=$RUN/caddy
GENERATION=$RUN/generation # the number of the last one; no number is used twice
GENERATIONS_LEFT=8         # that still have connections
GENERATION_LOOK_SECONDS=5
QUIC_LABEL=lo:cx-quic    # marks our addresses
QUIC_QUIET_SECONDS=35    # an idle connection of HTTP/3 is over after 30
QUIC_LEAVING_SECONDS=600 # for whoever goes on asking on the same one

generation_current() { cat "$GENERATION" 2>/dev/null || echo 0; }

# generation_running NUMBER caddy|quic|hold
generation_running() { [[ -f $GENERATIONS/$1/$2.pid ]] && kill -0 "$(<"$GENERATIONS/$1/$2.pid")" 2>/dev/null; }

# generation_stop NUMBER caddy|quic|hold [SIGNAL]
generation_stop() { ! generation_running "$1" "$2" || kill "-${3:-TERM}" "$(<"$GENERATIONS/$1/$2.pid")" 2>/dev/null; }

# Waits until it has stopped, and makes it after five seconds.
generation_stopped() {
  local i
  for ((i = 0; i < 100; i++)); do
    generation_running "$1" "$2" || return 0
    sleep 0.05
  done
  generation_stop "$1" "$2" KILL
}

# A configuration with what is a generation's own: generation_config NUMBER FILE [ADDRESS]
generation_config() { sed "s|$GENERATIONS/GENERATION|$GENERATIONS/$1|g; s|\"QUIC-ADDRESS:|\"${3:-127.0.0.1}:|" "$2"; }

generation_run() {
  local dir=$GENERATIONS/$1
  generation_config "$1" "$ETC/ingress/$2.json" "$(quic_address "$1")" >"$dir/$2.json" || return
  HOME=$INGRESS_STORE caddy run --config "$dir/$2.json" >/proc/1/fd/2 2>&1 </dev/null 9>&- &
  echo $! >"$dir/$2.pid"
}

# Starts it, and returns when it takes connections.
generation_start() {
  local i
  rm -rf "${GENERATIONS:?}/$1"
  mkdir -p "$GENERATIONS/$1"
  ln -sfn "$1/newest.sock" "$GENERATIONS/newest.sock"
  generation_run "$1" caddy || return
  quic_start "$1"
  for ((i = 0; i < 500; i++)); do
    generation_running "$1" caddy || break
    if generation_listens "$1"; then
      echo "$1" >"$GENERATION"
      return 0
    fi
    sleep 0.02
  done
  generation_stop "$1" caddy KILL
  generation_stop "$1" quic KILL
  rm -rf "${GENERATIONS:?}/$1"
  return 1
}

generation_listens() {
  local protocol port sockets
  sockets=$(ss -Hlntp | grep -F "pid=$(<"$GENERATIONS/$1/caddy.pid"),") || return
  while read -r protocol port; do
    [[ $protocol != tcp ]] || grep -qE ":$port +" <<<"$sockets" || return
  done <"$ETC/ingress/ports"
}

# Its answers are the last ones of their connections, and it will wait for its WebSockets when it is asked to end.
generation_announce() {
  [[ -d $GENERATIONS/$1 ]] || return 0
  touch "$GENERATIONS/$1/leaving"
  curl -s --unix-socket "$GENERATIONS/$1/hold.sock" -o /dev/null http://hold/ >/dev/null 2>&1 </dev/null 9>&- &
  echo $! >"$GENERATIONS/$1/hold.pid"
}

# There is no next one after all.
generation_stay() {
  rm -f "$GENERATIONS/$1/leaving"
  generation_stop "$1" hold
  quic_rules "$1"
}

# It takes no more connections, and ends when those that it has are closed.
generation_leave() {
  [[ -d $GENERATIONS/$1 ]] || return 0
  ! generation_running "$1" quic || ! quic_in_use "$1" || touch "$GENERATIONS/quic-leaving"
  generation_stop "$1" caddy
  {
    quic_leave "$1" &
    generation_end "$1"
    wait
    rm -rf "${GENERATIONS:?}/$1"
  } >/dev/null 2>&1 </dev/null 9>&- &
  generation_bound
}

generation_end() {
  sleep 1
  while generation_running "$1" caddy && [[ ! -f $GENERATIONS/$1/end ]] && generation_in_use "$1"; do
    sleep $GENERATION_LOOK_SECONDS
  done
  generation_stop "$1" hold
  generation_stopped "$1" caddy
}

generation_in_use() {
  local sockets
  sockets=$(ss -Htnp state established) || return 0
  grep -qF "pid=$(<"$GENERATIONS/$1/caddy.pid")," <<<"$sockets"
}

# Many changes in a row take no more than so much memory.
generation_bound() {
  local numbers number
  mapfile -t numbers < <(cd "$GENERATIONS" && ls -d [0-9]* | sort -rn)
  for number in "${numbers[@]:$((GENERATIONS_LEFT + 1))}"; do touch "$GENERATIONS/$number/end"; done
}

generation_teardown() {
  local dir program
  for dir in "$GENERATIONS"/[0-9]*; do
    for program in caddy quic hold; do generation_stop "${dir##*/}" $program KILL; done
    for program in caddy quic; do generation_stopped "${dir##*/}" $program; done
  done
  quic_teardown
  rm -rf "$GENERATIONS"
}

quic_address() { cat "$GENERATIONS/$1/address" 2>/dev/null; }

# HTTPS goes on without it.
quic_start() {
  local addresses address other
  if [[ ! -f $ETC/ingress/quic.json ]]; then
    nft delete table ip coxswain-quic 2>/dev/null
    return 0
  fi
  mapfile -t addresses <"$ETC/ingress/quic"
  address=${addresses[$1 % ${#addresses[@]}]}
  for other in "$GENERATIONS"/[0-9]*; do
    other=${other##*/}
    [[ $(quic_address "$other") == "$address" ]] || continue
    generation_stop "$other" quic
    generation_stopped "$other" quic
  done
  nft delete element ip coxswain-quic active "{ $address }" 2>/dev/null # packets to the one that had it before
  echo "$address" >"$GENERATIONS/$1/address"
  [[ -n $(ip -4 addr show to "$address/32" dev lo) ]] || ip addr add "$address/32" dev lo label $QUIC_LABEL
  generation_run "$1" quic
  quic_rules "$1"
}

# New clients are led to this generation; the kernel remembers where the others were led.
quic_rules() {
  local address
  address=$(quic_address "$1")
  [[ -n $address ]] || return 0
  nft -f - <<EOF
add table ip coxswain-quic
add set ip coxswain-quic active { type ipv4_addr; size 64; flags dynamic,timeout; timeout ${QUIC_QUIET_SECONDS}s; }
add chain ip coxswain-quic prerouting { type nat hook prerouting priority -99; }
add chain ip coxswain-quic input { type filter hook input priority -11; }
flush chain ip coxswain-quic prerouting
flush chain ip coxswain-quic input
add rule ip coxswain-quic prerouting fib daddr type local udp dport 443 dnat ip to $address
add rule ip coxswain-quic input ip daddr { $(paste -sd, "$ETC/ingress/quic") } udp dport 443 update @active { ip daddr }
EOF
}

# What somebody took away, or what crashed.
quic_keep() {
  local current
  current=$(generation_current)
  [[ -f $GENERATIONS/$current/quic.pid ]] || return 0
  generation_running "$current" quic || generation_run "$current" quic
  nft list chain ip coxswain-quic prerouting >/dev/null 2>&1 || quic_rules "$current"
}

# It is not known whether something is asked on a connection, only whether packets come.
quic_leave() {
  local until=$((SECONDS + QUIC_LEAVING_SECONDS))
  while generation_running "$1" quic && [[ ! -f $GENERATIONS/$1/end ]] && ((SECONDS < until)) && quic_in_use "$1"; do
    sleep $GENERATION_LOOK_SECONDS
  done
  generation_stop "$1" quic
  generation_stopped "$1" quic
  rm -f "$GENERATIONS/$1/quic.pid"
  quic_left
}

quic_in_use() { nft get element ip coxswain-quic active "{ $(quic_address "$1") }" >/dev/null 2>&1; }

# Is it the last former one that is gone?
quic_left() {
  local pid
  for pid in "$GENERATIONS"/[0-9]*/quic.pid; do
    [[ ! -f $pid || $pid == "$GENERATIONS/$(generation_current)/quic.pid" ]] || return
  done
  rm -f "$GENERATIONS/quic-leaving"
}

quic_teardown() {
  nft delete table ip coxswain-quic 2>/dev/null
  ip -4 addr flush dev lo label $QUIC_LABEL
}
