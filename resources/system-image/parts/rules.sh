# shellcheck shell=bash
# The rules: rules/ruleset.nft is one table, ip coxswain, which nft takes as a whole or not at all. Of a table that is
# known to be there only what differs is changed, at once too: with 10,000 endpoints all of it takes most of a second.
# $pods in it is the bridge of this server's pods, whatever its engine named it; $unseen are the pods whose packets to
# each other the bridge does not show to the rules: this server's, or none.

ACCEPT_MARK=0x2000/0x2000
BRIDGE_NF=/host/sys-net/bridge/bridge-nf-call-iptables

RULES_NOW=$RUN/rules.now # what the kernel has of us, if it is known
RULES_WHOLE_MINUTES=10   # from time to time the whole table is replaced, whatever somebody has done to it

rules_nft() {
  # shellcheck disable=SC2046
  nft $(rules_words) "$@"
}

rules_words() {
  local gateway device unseen=255.255.255.255/32
  gateway=$(awk '$1 == "gateway" { print $2; exit }' "$ETC/mesh/links" 2>/dev/null)
  device=$(ip -4 -o addr show to "${gateway:-0.0.0.0}/32" | awk '$2 != "cx-mesh" && $2 != "lo" { print $2; exit }')
  echo "${device:-none}" >"$RUN/bridge"
  [[ $(cat $BRIDGE_NF 2>/dev/null) == 1 ]] || unseen=${gateway%.*}.0/24
  echo "-D pods=${device:-cx-none} -D unseen=$unseen"
}

# nft takes all of it or nothing, so that loading it is the check.
rules_check() {
  rm -f "$RUN/rules.loaded"
  rules_load "$1/ruleset.nft" && touch "$RUN/rules.loaded"
}

rules_load() {
  # Packets between two pods of one server pass the rules only if the bridge shows them to the IP layer.
  turn_on $BRIDGE_NF
  { echo "# $(rules_words)" && rules_alive "$1"; } >"$RUN/rules.next" || return
  if ! rules_change; then
    rm -f "$RULES_NOW"
    rules_nft -f "$RUN/rules.next" || return
    touch "$RUN/rules.whole"
  fi
  mv "$RUN/rules.next" "$RULES_NOW"
}

# Changes what differs, if that is possible. Whoever is stopped meanwhile leaves nothing that is taken for known.
rules_change() {
  [[ -f $RULES_NOW && -n $(find "$RUN/rules.whole" -mmin -$RULES_WHOLE_MINUTES) ]] || return
  awk -f "$LIB/change.awk" "$RULES_NOW" "$RUN/rules.next" >"$RUN/rules.change" || return
  rm "$RULES_NOW"
  [[ ! -s $RUN/rules.change ]] || rules_nft -f "$RUN/rules.change" 2>/dev/null
}

rules_apply() {
  # the watch of peers may ask for it while all is taken away
  [[ -f $ETC/rules/ruleset.nft ]] || return 0
  if [[ -f $RUN/rules.loaded ]]; then rm -f "$RUN/rules.loaded"; else rules_load "$ETC/rules/ruleset.nft" || return; fi
  rules_pass && rules_hairpin
}

# A file of rules without the endpoints on servers that parts/mesh.sh has lost.
rules_alive() {
  local lost
  lost=$(ls "$RUN/lost" 2>/dev/null | tr '\n' ' ')
  awk -v lost="$lost" -f "$LIB/alive.awk" "$1"
}

# Docker drops what it does not know; what our own table lets through carries a mark.
rules_pass() {
  local iptables
  iptables=$(rules_iptables) || { rules_passed; return; }
  "$iptables" -w 5 -C DOCKER-USER -m mark --mark $ACCEPT_MARK -j ACCEPT 2>/dev/null \
    || "$iptables" -w 5 -I DOCKER-USER -m mark --mark $ACCEPT_MARK -j ACCEPT
}

# A Docker of 29 or later that writes nftables itself has no DOCKER-USER, but lets a mark pass that its settings name.
rules_passed() {
  local rules
  rules=$(nft list table ip docker-bridges 2>/dev/null) || { say "Docker has no chain DOCKER-USER: does it run?"; return 1; }
  ! grep -qE 'mark & 0x0*2000 == 0x0*2000 .*accept' <<<"$rules" || return 0
  say "Docker writes nftables itself and drops what comes from other servers: put \"bridge-accept-fwmark\": \"$ACCEPT_MARK\" into /etc/docker/daemon.json and restart Docker"
  return 1
}

# Docker uses one of the two iptables; the other one knows no DOCKER-USER.
rules_iptables() {
  local iptables
  for iptables in iptables-nft iptables-legacy; do
    if "$iptables" -w 5 -S DOCKER-USER >/dev/null 2>&1; then
      echo $iptables
      return
    fi
  done
  return 1
}

# Docker makes its chains anew when it starts again, and the bridge is another one after a new network.
rules_keep() {
  local before
  before=$(cat "$RUN/bridge" 2>/dev/null)
  rules_words >/dev/null
  # of all that can be asked for, nft finds a set without reading the whole table
  nft list set ip coxswain hairpin >/dev/null 2>&1 && [[ $before == "$(<"$RUN/bridge")" ]] || {
    rm -f "$RULES_NOW"
    rules_apply
  }
  rules_pass
  rules_hairpin
  rules_watch
}

# With br_netfilter, a packet that a pod sends to itself through a Service is bridged back to where it came from, which a
# bridge does only at ports that are told so. New pods bring new ports.
rules_hairpin() {
  local port
  for port in "/sys/class/net/$(<"$RUN/bridge")/brif/"*; do rules_hairpin_at "${port##*/}"; done
}

# Nothing but `read`: each new pod is worth some lines of rules_watch, and `$(<…)` would fork for each of them.
rules_hairpin_at() {
  local bridge mode
  read -r bridge <"$RUN/bridge"
  { read -r mode <"/sys/class/net/$bridge/brif/$1/hairpin_mode"; } 2>/dev/null || return 0
  [[ $mode == 1 ]] || bridge link set dev "$1" hairpin on
}

# Lines such as `12: veth1a2b3c4@if11: <BROADCAST,UP> mtu 1420 master br-5d6e …`
rules_watch() {
  local line
  [[ -f $RUN/watch.pid ]] && kill -0 "$(<"$RUN/watch.pid")" 2>/dev/null && return
  {
    ip -o monitor link | while read -r line; do
      [[ $line == *' master '* ]] || continue
      line=${line#*: }
      rules_hairpin_at "${line%%[@:]*}"
    done
  } >/dev/null 2>&1 </dev/null 9>&- &
  echo $! >"$RUN/watch.pid"
}

rules_facts() {
  [[ ! -r $BRIDGE_NF ]] || printf 'bridge-netfilter %s\n' "$(<"$BRIDGE_NF")"
}

rules_teardown() {
  local iptables
  [[ ! -f $RUN/watch.pid ]] || kill "$(<"$RUN/watch.pid")" 2>/dev/null
  turn_back $BRIDGE_NF
  rm -f "$RULES_NOW"
  nft delete table ip coxswain 2>/dev/null
  iptables=$(rules_iptables) || return 0
  while "$iptables" -w 5 -D DOCKER-USER -m mark --mark $ACCEPT_MARK -j ACCEPT 2>/dev/null; do :; done
}
