# Debian packages the lab needs. Sourced by `lab`.

PACKAGES=(docker.io openssh-server openssh-client iproute2 iptables nftables conntrack docker-registry debootstrap gcc
  libc6-dev procps curl ca-certificates)

install_packages() {
  local package missing=()
  for package in "${PACKAGES[@]}"; do
    [[ $(dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null) == ii* ]] || missing+=("$package")
  done
  ((${#missing[@]})) || return 0
  command -v apt-get >/dev/null || die "install these first: ${missing[*]}"
  say "installing ${missing[*]}"
  "$LAB_HOME/apt-install" "${missing[@]}"
}
