# One server: its disk, power, and ways in. Sourced by `lab`; what runs inside is in server-init.
#
#   $LAB_DIR/nN/disk      its root file system, but for /usr, which is this machine's, read-only
#   $LAB_DIR/nN/shared    its /run/lab: the engine's socket for this machine
#   $LAB_DIR/nN/unplugged exists while its network is cut
#   $LAB_DIR/nN/behind-router exists when it stands behind a router of its own

USER_DOCKER=ops       # in group docker
USER_NO_DOCKER=deploy # may log in, may not use Docker
KEY_PASSPHRASE='a good passphrase'
# of this machine's /etc, what dockerd, sshd and a shell need
ETC=(alternatives bash.bashrc ca-certificates ca-certificates.conf gai.conf host.conf iproute2 ld.so.cache ld.so.conf
  ld.so.conf.d localtime locale.conf nsswitch.conf os-release protocols debian_version services ssl terminfo)

server_dir() { printf '%s/n%s' "$LAB_DIR" "$1"; }
server_name() { printf 'coxswain-%s-%s' "$LAB_NAME" "$1"; }
engine_socket() { printf 'unix://%s/shared/docker.sock' "$(server_dir "$1")"; }
alive() { live_pid "$(server_dir "$1")/server.pid" >/dev/null; }
dock() { docker -H "$(engine_socket "$1")" "${@:2}"; }

make_keys() {
  [[ -f $LAB_DIR/key ]] || ssh-keygen -q -t ed25519 -N '' -C lab -f "$LAB_DIR/key"
  [[ -f $LAB_DIR/key-rsa ]] || ssh-keygen -q -t rsa -b 3072 -N '' -C lab-rsa -f "$LAB_DIR/key-rsa"
  [[ -f $LAB_DIR/key-passphrased ]] ||
    ssh-keygen -q -t ed25519 -N "$KEY_PASSPHRASE" -C lab-passphrased -f "$LAB_DIR/key-passphrased"
  [[ -f $LAB_DIR/key-wrong ]] || ssh-keygen -q -t ed25519 -N '' -C lab-wrong -f "$LAB_DIR/key-wrong"
  cat "$LAB_DIR"/key{,-rsa,-passphrased}.pub >"$LAB_DIR/authorized_keys"
}

# A server's first installation; later boots find the disk as the last run left it.
make_disk() {
  local d disk name
  d=$(server_dir "$1") disk=$d/disk
  mkdir -p "$d/shared" "$d/ssh"
  [[ -f $d/ssh/ssh_host_ed25519_key ]] ||
    ssh-keygen -q -t ed25519 -N '' -C "$LAB_NAME$1" -f "$d/ssh/ssh_host_ed25519_key"
  [[ ! -f $d/installed ]] || return 0
  mkdir -p "$disk"/{usr,etc/ssh,proc,sys,dev,run,root,home,opt,srv,mnt,tmp,var/{lib/docker,log,tmp,cache,spool}}
  chmod 1777 "$disk/tmp" "$disk/var/tmp"
  chmod 700 "$disk/root"
  ln -sfn /run "$disk/var/run"
  for name in bin sbin lib lib32 lib64 libx32; do
    if [[ -L /$name ]]; then cp -P "/$name" "$disk/"; elif [[ -d /$name ]]; then mkdir -p "$disk/$name"; fi
  done
  for name in "${ETC[@]}"; do [[ ! -e /etc/$name ]] || cp -a "/etc/$name" "$disk/etc/"; done
  make_users "$1" "$disk"
  # a resolver on this machine's loopback (systemd-resolved) is out of a server's reach: use what it forwards to
  if grep -q '^nameserver 127\.' /etc/resolv.conf && [[ -f /run/systemd/resolve/resolv.conf ]]; then
    cat /run/systemd/resolve/resolv.conf >"$disk/etc/resolv.conf"
  else
    cat /etc/resolv.conf >"$disk/etc/resolv.conf"
  fi
  cat >"$disk/etc/ssh/sshd_config" <<SSHD
AuthorizedKeysFile /etc/ssh/authorized_keys
PermitRootLogin prohibit-password
PasswordAuthentication no
UsePAM no
PidFile /run/sshd.pid
SetEnv PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
Subsystem sftp internal-sftp
SSHD
  install -m 644 "$LAB_DIR/authorized_keys" "$disk/etc/ssh/authorized_keys"
  images_preload "$disk/var/lib/docker"
  touch "$d/installed"
}

make_users() {
  local disk=$2 user id=1000
  printf '%s\n' root:x:0:0:root:/root:/bin/bash sshd:x:100:65534::/run/sshd:/usr/sbin/nologin \
    nobody:x:65534:65534::/nonexistent:/usr/sbin/nologin >"$disk/etc/passwd"
  printf '%s\n' root:x:0: tty:x:5: docker:x:998:$USER_DOCKER nogroup:x:65534: >"$disk/etc/group"
  printf '%s\n' 'root:*:19000::::::' 'sshd:*:19000::::::' 'nobody:*:19000::::::' >"$disk/etc/shadow"
  for user in $USER_DOCKER $USER_NO_DOCKER; do
    echo "$user:x:$id:$id::/home/$user:/bin/bash" >>"$disk/etc/passwd"
    echo "$user:x:$id:" >>"$disk/etc/group"
    echo "$user:*:19000::::::" >>"$disk/etc/shadow"
    install -d -m 700 -o $id -g $id "$disk/home/$user"
    ((id += 1))
  done
  chmod 640 "$disk/etc/shadow"
  printf '%s\n' '127.0.0.1 localhost' "$(address "$1") $LAB_NAME$1" >"$disk/etc/hosts"
  echo "$LAB_NAME$1" >"$disk/etc/hostname"
}

boot() {
  local n=$1 d pid groups here gateway=$LAB_NET.254
  d=$(server_dir "$n")
  ! alive "$n" || return 0
  [[ -f $LAB_DIR/key ]] || die "no lab here yet: lab up"
  make_disk "$n"
  cp "$d"/ssh/ssh_host_ed25519_key{,.pub} "$d/disk/etc/ssh/"
  rm -f "$d/shared/docker.sock"
  groups=$(cgroup_create "$(server_name "$n")")
  here=$(address "$n")
  if behind_router "$n"; then here=$(lan_address "$n" 2) gateway=$(lan_address "$n" 1); fi
  # setsid: the server outlives the shell that booted it. --kill-child: it never outlives its handle, `unshare`.
  SERVER_NAME=$LAB_NAME$n SERVER_ADDRESS=$here SERVER_GATEWAY=$gateway SERVER_CGROUPS=$groups \
    SERVER_DISK=$d/disk SERVER_SHARED=$d/shared SERVER_REGISTRIES="$REGISTRY $PRIVATE_REGISTRY" \
    setsid unshare --mount --uts --ipc --net --pid --fork --kill-child --propagation private \
    "$LAB_HOME/server-init" power-on </dev/null >"$d/server.log" 2>&1 9>&- &
  pid=$!
  disown "$pid"
  remember "$d/server.pid" "$pid"
  until_ok 5 has_own_network "$pid" || { cat "$d/server.log" >&2; die "server $n did not start, see $d/server.log"; }
  attach "$n" "$pid"
  until_ok 30 answers "$n" || {
    tail -5 "$d/server.log" "$d/disk/var/log/dockerd.log" >&2
    die "server $n did not come up, see $d/disk/var/log/dockerd.log"
  }
}

has_own_network() { [[ $(readlink "/proc/$1/ns/net") != "$(readlink /proc/self/ns/net)" ]]; }

answers() {
  curl -sf -o /dev/null --unix-socket "$(server_dir "$1")/shared/docker.sock" http://docker/_ping || return 1
  [[ -f $(server_dir "$1")/unplugged ]] || timeout 1 bash -c ": <'/dev/tcp/$(address "$1")/$(ssh_port "$1")'"
}

# The cable goes first: a power cut sends no FIN, and whoever is connected must find out by the silence.
power_cut() {
  local d handle init
  d=$(server_dir "$1")
  [[ -d $d ]] || die "no server $1"
  detach "$1"
  if handle=$(live_pid "$d/server.pid"); then
    init=$(ps -o pid= --ppid "$handle" | tr -d ' ')
    kill -9 "$handle" 2>/dev/null || true
    until_ok 20 gone "$handle" "$init" || die "server $1 did not die (process $handle)"
  fi
  rm -f "$d/server.pid" "$d/shared/docker.sock"
  cgroup_remove "$(server_name "$1")"
}

gone() {
  local pid
  for pid in "$@"; do [[ -z $(start_time "$pid") ]] || return 1; done
}

# Power off and an empty disk, at the switch again. The host key stays: a reset lab is the same lab.
wipe() {
  power_cut "$1"
  router_down "$1"
  rm -rf "$(server_dir "$1")"/{disk,installed,unplugged,behind-router}
}

# inside N COMMAND…: runs a command in the server's namespaces.
inside() {
  local handle init n=$1
  shift
  handle=$(live_pid "$(server_dir "$n")/server.pid") || die "server $n is off"
  init=$(ps -o pid= --ppid "$handle" | tr -d ' ')
  nsenter --target "$init" --all "${@:-/bin/bash}" 9>&-
}

ssh_to() {
  exec ssh -q -p "$(ssh_port "$1")" -i "$LAB_DIR/key" -o IdentitiesOnly=yes -o ConnectTimeout=5 -o StrictHostKeyChecking=no \
    -o UserKnownHostsFile=/dev/null "root@$(address "$1")" "${@:2}"
}

docker_stop() { inside "$1" /run/lab-init docker-stop; }

docker_start() {
  inside "$1" /run/lab-init docker-start
  until_ok 30 dock "$1" version || die "server $1: dockerd did not come up"
}

rekey() {
  local d
  d=$(server_dir "$1")
  rm -f "$d"/ssh/*
  ssh-keygen -q -t ed25519 -N '' -C "$LAB_NAME$1" -f "$d/ssh/ssh_host_ed25519_key"
  cp "$d"/ssh/ssh_host_ed25519_key{,.pub} "$d/disk/etc/ssh/"
  inside "$1" /run/lab-init sshd-restart
}
