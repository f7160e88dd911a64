# shellcheck shell=bash
# The way to the pods of the other servers. mesh/links says, a line each:
#
#   mode vxlan | host-gw | wireguard
#   local ADDRESS           this server, as the others reach it
#   gateway ADDRESS         of this server's pods
#   peer ADDRESS POD-CIDR [PUBLIC-KEY [PORT]]   PORT: of ADDRESS, where a router forwards it to WireGuard's
#
# The private key of WireGuard is made here, in the volume, and never leaves it.

MESH=cx-mesh
MESH_PROTO=201 # marks our routes
VXLAN_ID=49349
VXLAN_PORT=4789
WIREGUARD_PORT=51821
WIREGUARD_KEY=$ETC/wireguard.key

mesh_check() { [[ $(mesh_value mode "$1/links") =~ ^(vxlan|host-gw|wireguard)$ ]]; }

mesh_value() { awk -v key="$1" '$1 == key { print $2; exit }' "${2:-$ETC/mesh/links}"; }

mesh_peers() { awk '$1 == "peer" { print $2, $3, $4, $5 }' "$ETC/mesh/links"; }

mesh_key() {
  [[ -s $WIREGUARD_KEY ]] || (umask 077 && wg genkey >"$WIREGUARD_KEY.part" && mv "$WIREGUARD_KEY.part" "$WIREGUARD_KEY")
}

# First address of a /24, and the hardware address that stands for it: every server works both out by itself.
mesh_gateway_of() { printf '%s.1' "${1%.*}"; }
mesh_mac_of() {
  # shellcheck disable=SC2046,SC2183
  printf '02:c0:%02x:%02x:%02x:%02x' $(tr . ' ' <<<"${1%/*}")
}

# What fits through the network between the servers, less what the tunnel adds.
mesh_mtu() {
  local overhead=$1 peer device mtu
  read -r peer _ < <(mesh_peers)
  device=$(ip -4 -o route get "${peer:-$(mesh_value local)}" 2>/dev/null | sed -n 's/.* dev \([^ ]*\).*/\1/p')
  mtu=$(cat "/sys/class/net/$device/mtu" 2>/dev/null || echo 1500)
  ((mtu <= 9000)) || mtu=1500
  echo $((mtu - overhead))
}

mesh_kind() { ip -d -o link show "$MESH" 2>/dev/null | grep -owE 'vxlan|wireguard|tun' | head -1; }

mesh_apply() {
  local mode kind
  mode=$(mesh_value mode)
  kind=$(mesh_kind)
  # begins anew, with the peers that there are now
  [[ ! -f $RUN/pinging.pid ]] || kill "$(<"$RUN/pinging.pid")" 2>/dev/null
  case $mode in
    vxlan) [[ -z $kind || $kind == vxlan ]] || mesh_remove_link ;;
    wireguard) [[ -z $kind || $kind != vxlan ]] || mesh_remove_link ;;
    host-gw) [[ -z $kind ]] || mesh_remove_link ;;
  esac
  case $mode in
    vxlan) mesh_vxlan ;;
    wireguard) mesh_wireguard ;;
    host-gw) mesh_routes 'via %s' endpoint ;;
  esac
}

mesh_vxlan() {
  local here mtu peer cidr local_option=()
  here=$(mesh_value local)
  mtu=$(mesh_mtu 50)
  if ! ip link show "$MESH" >/dev/null 2>&1; then
    ! ip -4 -o addr show | grep -qF " $here/" || local_option=(local "$here")
    ip link add "$MESH" address "$(mesh_mac_of "$(mesh_value gateway)")" type vxlan id $VXLAN_ID \
      dstport $VXLAN_PORT nolearning "${local_option[@]}" || return
  fi
  mesh_up "$mtu" || return
  while read -r peer cidr _; do
    local gateway mac
    gateway=$(mesh_gateway_of "$cidr")
    mac=$(mesh_mac_of "$gateway")
    ip neigh replace "$gateway" lladdr "$mac" dev "$MESH" nud permanent || return
    bridge fdb replace "$mac" dev "$MESH" dst "$peer" self permanent || return
  done < <(mesh_peers)
  mesh_routes "via %s dev $MESH onlink src $(mesh_value gateway)" gateway
}

mesh_wireguard() {
  mesh_key || return
  local peer cidr key port endpoints=$RUN/wireguard.endpoints
  if ! ip link show "$MESH" >/dev/null 2>&1; then
    rm -f "$endpoints"
    ip link add "$MESH" type wireguard 2>/dev/null || wireguard-go "$MESH" </dev/null >/dev/null 2>&1 9>&- || return
  fi
  {
    printf '[Interface]\nListenPort = %s\nPrivateKey = %s\n' "$WIREGUARD_PORT" "$(<"$WIREGUARD_KEY")"
    while read -r peer cidr key port; do
      [[ -n $key ]] || continue
      printf '[Peer]\nPublicKey = %s\nAllowedIPs = %s\nPersistentKeepalive = 25\n' "$key" "$cidr"
      # a peer behind NAT is where it was heard from last, not where it is said to be: told once, not at every change
      port=${port:-$WIREGUARD_PORT}
      grep -sqxF "$key $peer $port" "$endpoints" || printf 'Endpoint = %s:%s\n' "$peer" "$port"
    done < <(mesh_peers)
  } >"$RUN/wireguard.conf"
  chmod 600 "$RUN/wireguard.conf"
  wg syncconf "$MESH" "$RUN/wireguard.conf" || return
  mesh_peers | awk -v port=$WIREGUARD_PORT '$3 != "" { print $3, $1, $4 ? $4 : port }' >"$endpoints"
  mesh_up "$(mesh_mtu 80)" || return
  mesh_routes "dev $MESH src $(mesh_value gateway)" none
}

mesh_up() {
  ip addr replace "$(mesh_value gateway)/32" dev "$MESH" && ip link set "$MESH" mtu "$1" up
}

# mesh_routes FORMAT HOP: a route to every peer's pods, and none of ours beside them. %s is the hop.
mesh_routes() {
  local format=$1 hop=$2 peer cidr route wanted=' '
  while read -r peer cidr _; do
    case $hop in
      gateway) route=$(printf "$format" "$(mesh_gateway_of "$cidr")") ;;
      endpoint) route=$(printf "$format" "$peer") ;;
      *) route=$format ;;
    esac
    # shellcheck disable=SC2086
    ip route replace "$cidr" $route proto $MESH_PROTO || return
    wanted+="$cidr "
  done < <(mesh_peers)
  while read -r cidr _; do
    [[ $wanted == *" $cidr "* ]] || ip route del "$cidr" proto $MESH_PROTO
  done < <(ip -4 route show proto $MESH_PROTO)
}

mesh_keep() {
  mesh_watch
  [[ $(mesh_value mode) == host-gw ]] || ip link show "$MESH" up 2>/dev/null | grep -q . || { mesh_apply; return; }
  local wanted have
  wanted=$(mesh_peers | wc -l)
  have=$(ip -4 route show proto $MESH_PROTO | wc -l)
  ((wanted == have)) || mesh_apply
}

# Peers that answer no more take nothing more: within two seconds, and also when nobody is there to plan anew. One that
# has never answered may have a firewall that keeps silent: it takes nothing only where WireGuard says that there is no
# way to it, as between two servers behind NAT. answered/GATEWAY in the volume says who has answered.
LOST=$RUN/lost
ANSWERED=$ETC/answered
PING_MS=400
PINGS_LOST=3
SHAKEN_SECONDS=180 # a session of WireGuard ends after that

mesh_watch() {
  [[ -f $RUN/mesh-watch.pid ]] && kill -0 "$(<"$RUN/mesh-watch.pid")" 2>/dev/null && return
  mesh_watch_peers >/dev/null 2>&1 </dev/null 9>&- &
  echo $! >"$RUN/mesh-watch.pid"
}

mesh_watch_peers() {
  local gateways
  mkdir -p "$LOST" "$ANSWERED"
  while :; do
    gateways=$(mesh_peers | while read -r _ cidr _; do mesh_gateway_of "$cidr"; echo; done)
    mesh_forget_others "$gateways"
    if [[ -z $gateways ]]; then
      sleep "$KEEP_SECONDS"
      continue
    fi
    # shellcheck disable=SC2086
    stdbuf -oL fping -l -p $PING_MS -t $PING_MS $gateways > >(mesh_judge) 2>/dev/null &
    echo $! >"$RUN/pinging.pid"
    wait $!
    sleep 0.2
  done
}

mesh_forget_others() {
  local file
  for file in "$LOST"/* "$ANSWERED"/*; do
    [[ ! -f $file || $'\n'$1$'\n' == *$'\n'"${file##*/}"$'\n'* ]] || rm -f "$file"
  done
}

# Lines of fping: `10.244.1.1 : [7], 64 bytes, 0.31 ms (…)` or `10.244.1.1 : [8], timed out (…)`
mesh_judge() {
  local gateway answer
  local -A missed=()
  while read -r gateway _ _ answer _; do
    if [[ $answer == timed ]]; then
      missed[$gateway]=$((${missed[$gateway]:-0} + 1))
      ((missed[$gateway] % PINGS_LOST)) || mesh_silent "$gateway"
    else
      missed[$gateway]=0
      [[ -f $ANSWERED/$gateway ]] || touch "$ANSWERED/$gateway"
      [[ ! -f $LOST/$gateway ]] || mesh_found "$gateway"
    fi
  done
}

mesh_silent() {
  if [[ -f $ANSWERED/$1 ]] || ! mesh_shaken "$1"; then
    mesh_lost "$1"
  elif [[ -f $LOST/$1 ]]; then
    mesh_found "$1"
  fi
}

# Whether WireGuard, where it is used, has spoken with a peer: it does again and again while there is something to send.
mesh_shaken() {
  [[ $(mesh_value mode) == wireguard ]] || return 0
  wg show "$MESH" dump 2>/dev/null | awk -v range="${1%.*}.0/24" -v now="$(date +%s)" -v valid=$SHAKEN_SECONDS \
    '$4 == range && now - $5 < valid { found = 1 } END { exit !found }'
}

mesh_reroute() {
  rules_apply
  ingress_backends
}

mesh_lost() {
  [[ ! -f $LOST/$1 ]] || return
  touch "$LOST/$1"
  locked mesh_leave "$1"
  # shellcheck disable=SC2046
  forget $(grep -oE "\b${1%.*}\.[0-9]+\b" "$ETC/rules/ruleset.nft" | sort -u)
}

mesh_leave() {
  mesh_reroute
  mesh_shake "$1"
}

# A peer that has booted knows no session of before, with which WireGuard here would go on for 15 s; and it cannot begin
# one itself if it does not know where to: this server may be behind NAT. So begin one, and try until it answers.
mesh_shake() {
  local range=${1%.*}.0/24 key endpoint
  [[ $(mesh_value mode) == wireguard ]] || return 0
  read -r key endpoint < <(wg show "$MESH" dump | awk -v range="$range" '$4 == range { print $1, $3 }')
  [[ $endpoint == *.*:* ]] || return 0
  wg set "$MESH" peer "$key" remove &&
    wg set "$MESH" peer "$key" endpoint "$endpoint" allowed-ips "$range" persistent-keepalive 25
}

mesh_found() {
  rm -f "$LOST/$1"
  locked mesh_reroute
}

mesh_remove_link() {
  ip link del "$MESH" 2>/dev/null
  rm -f "/var/run/wireguard/$MESH.sock" "$RUN/wireguard.endpoints"
}

mesh_facts() {
  local engine=none
  if ip link add cx-probe type wireguard 2>/dev/null; then
    ip link del cx-probe
    engine=kernel
  elif [[ -c /dev/net/tun ]]; then
    engine=userspace
  fi
  printf 'wireguard %s\n' "$engine"
  [[ $engine == none ]] || { mesh_key && printf 'wireguard-key %s\n' "$(wg pubkey <"$WIREGUARD_KEY")"; }
}

mesh_teardown() {
  local pid
  for pid in mesh-watch pinging; do [[ ! -f $RUN/$pid.pid ]] || kill "$(<"$RUN/$pid.pid")" 2>/dev/null; done
  rm -rf "$LOST" "$ANSWERED"
  mesh_remove_link
  ip -4 route flush proto $MESH_PROTO
}
