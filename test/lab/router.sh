# Routers as at home: what is behind one reaches out under its address, and only SSH is forwarded. Sourced by `lab`.

ROUTER_SSH_PORT=2222

router_name() { printf '%s-r%s' "$SWITCH" "$1"; }
# lan_address N HOST: in the network behind the router of server N; HOST 1 is the router, 2 the server.
lan_address() { printf '192.168.%s.%s' "$1" "$2"; }
behind_router() { [[ -f $(server_dir "$1")/behind-router ]]; }
ssh_port() { if behind_router "$1"; then echo $ROUTER_SSH_PORT; else echo 22; fi; }

at_router() {
  behind_router "$1" || die "server $1 is behind no router: lab nat $1"
  ip netns exec "$(router_name "$1")" "${@:2}"
}

# Power off, another place, power on.
nat() {
  [[ -d $(server_dir "$1") ]] || die "no server $1"
  power_cut "$1"
  touch "$(server_dir "$1")/behind-router"
  boot "$1"
}

router_up() {
  local n=$1 router
  router=$(router_name "$n")
  ! ip netns exec "$router" ip link show wan >/dev/null 2>&1 || return 0
  router_down "$n"
  ip netns add "$router"
  plug_cable "$n" "$router" wan
  ip -n "$router" link set lo up
  ip -n "$router" addr add "$(address "$n")/24" dev wan
  ip -n "$router" link set wan up
  # a cable that is not plugged in takes no route until it is
  until_ok 60 ip -n "$router" route replace default via "$LAB_NET.254" || die "the router of server $n has no way out"
  ip netns exec "$router" sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
  ip netns exec "$router" nft -f - <<NFT
table ip router {
  chain prerouting {
    type nat hook prerouting priority dstnat;
    iifname wan tcp dport $ROUTER_SSH_PORT dnat to $(lan_address "$n" 2):22
  }
  chain postrouting {
    type nat hook postrouting priority srcnat;
    oifname wan masquerade
  }
  chain input {
    type filter hook input priority filter; policy drop;
    ct state established,related accept
    iifname { lo, lan } accept
    icmp type echo-request accept
  }
  chain forward {
    type filter hook forward priority filter; policy drop;
    ct state established,related accept
    iifname lan accept
    ct status dnat accept
  }
}
NFT
}

router_down() { ip netns del "$(router_name "$1")" 2>/dev/null || true; }
