# The lab's network. Sourced by `lab`.
#
#   this machine ── cx-NAME (.254) ──┐
#                                  [br0 in netns cx-NAME] ── p1 ── eth0 of server 1 (.1)
#                                    ├── p2 ── eth0 of server 2 (.2) …
#                                    └── p3 ── wan (.3) of netns cx-NAME-r3 ── lan ── eth0 of server 3 (192.168.3.2)
#
# The switch lives in a network namespace of its own: this machine's firewall (Docker's, ufw's) does not see traffic
# between servers, and `down` is the deletion of one namespace. A server may stand behind a router of its own (`nat`), in
# a namespace too: then it has an address of a home network, and the router has the one by which it is known.

SWITCH=cx-$LAB_NAME

address() { printf '%s.%s' "$LAB_NET" "$1"; }

network_up() {
  local n
  if ! ip netns exec "$SWITCH" true 2>/dev/null; then
    # after a crash or a reboot there may be half a network, and servers that hang on to it
    for n in $(server_numbers); do power_cut "$n"; done
    network_down
    ! ip -4 addr show | grep -qF "inet $LAB_NET." || die "$LAB_NET.0/24 is taken on this machine: set LAB_NET"
    ip netns add "$SWITCH"
    ip link add "$SWITCH" type veth peer name host netns "$SWITCH"
    ip -n "$SWITCH" link add br0 type bridge
    ip -n "$SWITCH" link set host master br0 up
    ip -n "$SWITCH" link set br0 up
    ip addr add "$LAB_NET.254/24" dev "$SWITCH"
    ip link set "$SWITCH" up
  fi
  # a way out, as rented servers have: package mirrors are reached through this machine
  echo 1 >/proc/sys/net/ipv4/ip_forward
  nft -f - <<NFT
table ip $SWITCH
delete table ip $SWITCH
table ip $SWITCH {
  chain post {
    type nat hook postrouting priority srcnat; policy accept;
    ip saddr $LAB_NET.0/24 ip daddr != $LAB_NET.0/24 masquerade
  }
}
NFT
  # a Docker of this machine's own refuses to forward for others unless this chain says otherwise
  if iptables -S DOCKER-USER >/dev/null 2>&1 && ! iptables -C DOCKER-USER -i "$SWITCH" -j ACCEPT 2>/dev/null; then
    iptables -I DOCKER-USER -i "$SWITCH" -j ACCEPT
    iptables -I DOCKER-USER -o "$SWITCH" -j ACCEPT
  fi
}

network_down() {
  local n
  while iptables -D DOCKER-USER -i "$SWITCH" -j ACCEPT 2>/dev/null; do :; done
  while iptables -D DOCKER-USER -o "$SWITCH" -j ACCEPT 2>/dev/null; do :; done
  nft delete table ip "$SWITCH" 2>/dev/null || true
  ip link del "$SWITCH" 2>/dev/null || true
  ip netns del "$SWITCH" 2>/dev/null || true
  for n in $(server_numbers); do router_down "$n"; done
}

# attach N PID: a cable between the switch and the network namespace of PID, which configures its own end; a server behind
# a router has its cable there. The hardware address stays the same over power cuts, as a real server's does: neighbours
# remember it for a minute.
attach() {
  local n=$1 end=$2 router
  if behind_router "$n"; then
    router=$(router_name "$n")
    router_up "$n"
    ip -n "$router" link del lan 2>/dev/null || true
    ip -n "$router" link add lan type veth peer name eth0 netns "$end"
    ip -n "$router" addr add "$(lan_address "$n" 1)/24" dev lan
    ip -n "$router" link set lan up
    return
  fi
  plug_cable "$n" "$end" eth0
}

# plug_cable N NETNS DEVICE: from the switch's port of server N.
plug_cable() {
  local state=up mac
  # shellcheck disable=SC2046,SC2183
  mac=$(printf '02:00:%02x:%02x:%02x:%02x' $(address "$1" | tr . ' '))
  [[ ! -f $(server_dir "$1")/unplugged ]] || state=down
  ip -n "$SWITCH" link del "p$1" 2>/dev/null || true
  ip -n "$SWITCH" link add "p$1" type veth peer name "$3" netns "$2" address "$mac"
  ip -n "$SWITCH" link set "p$1" master br0 "$state"
}

# A server's own cable; a router keeps its power when the server behind it loses it.
detach() {
  if behind_router "$1"; then
    ip -n "$(router_name "$1")" link del lan 2>/dev/null || true
  else
    ip -n "$SWITCH" link del "p$1" 2>/dev/null || true
  fi
}

unplug() {
  [[ -d $(server_dir "$1") ]] || die "no server $1"
  touch "$(server_dir "$1")/unplugged"
  ip -n "$SWITCH" link set "p$1" down 2>/dev/null || ! alive "$1"
}

plug_in() {
  [[ -d $(server_dir "$1") ]] || die "no server $1"
  rm -f "$(server_dir "$1")/unplugged"
  ip -n "$SWITCH" link set "p$1" up 2>/dev/null || ! alive "$1"
}
