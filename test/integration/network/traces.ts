import { lab } from '../lab.ts'

/** What somebody may have left on a server, a thing a line. */
const LOOK = `
section() { sed "s/^/$1: /" | sed 's/ *$//' | sort; }
ip -o link | sed 's/^[0-9]*: //' | cut -d: -f1 | cut -d@ -f1 | section link
# the kernel gives a new device its own address of IPv6 a moment late
ip -o addr | grep -v fe80 | awk '{ print $2, $4 }' | section address
ip route show table all | grep -v fe80 | sed 's/ linkdown//' | section route
ip neigh show nud permanent | section neighbour
ip rule | section rule
nft -s list ruleset | sed 's/^[[:space:]]*//' | section nft
iptables-legacy-save 2>/dev/null | grep -v '^[#:]' | section iptables
docker ps -a --format '{{.Names}}' | section container
docker volume ls -q | section volume
docker network ls --format '{{.Name}}' | section network
docker image ls --format '{{.Repository}}:{{.Tag}}' | section image
ss -Hlntu | awk '{ print $1, $5 }' | section listener
ps -eo comm | grep -E 'wireguard|unbound|caddy|fping|coxswain|containerd-shim' | section process
find /run /etc /tmp /opt /root /home -xdev ! -path '/run/docker*' ! -path '/run/containerd*' ! -path '/run/sshd*' | section file
sysctl -a 2>/dev/null | grep -E '^net.(bridge|ipv4.(ip_forward|tcp_migrate_req|conf.(all|default)))' | section sysctl
`

export async function traces(server: number): Promise<string[]> {
  return (await lab.ssh(server, LOOK)).trim().split('\n')
}
