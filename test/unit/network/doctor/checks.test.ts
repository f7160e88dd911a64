import { describe, expect, it, test } from 'vitest'
import { DEFAULT_RANGES } from '../../../../src-main/api/cluster-ranges.ts'
import type { Node, Server, Service } from '../../../../src-main/api/types.ts'
import type { Check, Examination, Output, Subject } from '../../../../src-main/network/doctor/check.ts'
import { bridgeNetfilter } from '../../../../src-main/network/doctor/checks/bridge-netfilter.ts'
import { cidr } from '../../../../src-main/network/doctor/checks/cidr.ts'
import { clock } from '../../../../src-main/network/doctor/checks/clock.ts'
import { firewall } from '../../../../src-main/network/doctor/checks/firewall.ts'
import { forwarding } from '../../../../src-main/network/doctor/checks/forwarding.ts'
import { checks } from '../../../../src-main/network/doctor/checks/index.ts'
import { mesh } from '../../../../src-main/network/doctor/checks/mesh.ts'
import { mtu } from '../../../../src-main/network/doctor/checks/mtu.ts'
import { network } from '../../../../src-main/network/doctor/checks/network.ts'
import { ports } from '../../../../src-main/network/doctor/checks/ports.ts'
import { reachable } from '../../../../src-main/network/doctor/checks/reachable.ts'
import { wireguard } from '../../../../src-main/network/doctor/checks/wireguard.ts'

const output = (text: string, code = 0): Output => ({ text, code })

function subject(name: string, n: number, more: Partial<Subject> = {}) {
  const server = { metadata: { name }, spec: { ssh: { host: `192.0.2.${n}`, user: 'ops' } } } as Server
  const known = { endpoint: `192.0.2.${n}`, podCidr: `10.244.${n}.0/24` }
  return { name, server, connected: true, ...known, ...more }
}

const examination = (more: Partial<Examination> = {}): Examination => ({
  subject: subject('a', 1),
  peers: [subject('b', 2)],
  ranges: DEFAULT_RANGES,
  mode: 'wireguard',
  services: [],
  runsIngress: true,
  insideOf: () => undefined,
  ...more,
})

/** `STATUS MESSAGE | COMMAND`, a line each. */
const judged = (check: Check, more: Partial<Examination> = {}) =>
  check
    .judge(examination(more))
    .map(({ status, message, mend }) => `${status} ${message}${mend ? ` | ${mend}` : ''}`)
    .join('\n')

const inside = (check: Check, text: string, more: Partial<Examination> = {}) =>
  judged(check, { inside: output(text), ...more })

describe('every check', () => {
  it('has a name of its own', () => {
    expect(new Set(checks.map(({ name }) => name)).size).toBe(checks.length)
  })

  it.each(checks.map(check => [check.name, check] as const))(
    '%s says so when it could not look',
    (_, check) => {
      const asks = check.inside !== undefined
      if (asks) expect(judged(check)).toMatch(/^unknown Could not look/)
      if (asks) expect(judged(check, { subject: subject('a', 1, { connected: false }) })).toBe('')
      if (!asks) expect(check.judge(examination())).not.toEqual([])
    },
  )
})

test.each([
  [[100_000, 100_300], '100.100000000', /^ok/],
  [[100_000, 100_300], '95.0', /^warn Its clock is 5\.0 s behind this computer's\. \| sudo timedatectl/],
  [[100_000, 100_300], '3700.0', /^fail Its clock is 3599\.7 s ahead of .* \| sudo timedatectl set-ntp true/],
  // slow to answer is not late
  [[100_000, 160_000], '130.5', /^ok/],
  [[100_000, 100_300], '100.%N', /^ok/],
  [[100_000, 100_300], 'sh: date: not found', /^unknown/],
])('clock: asked from %j, it says %s', ([sent = 0, received = 0], text, expected) => {
  expect(inside(clock, text, { times: { sent, received } })).toMatch(expected)
})

test.each([
  [forwarding, '1\n', /^ok/],
  [forwarding, '0\n', /^fail net\.ipv4\.ip_forward is off.*\| sudo sysctl -w net\.ipv4\.ip_forward=1$/],
  [bridgeNetfilter, '1\n', /^ok/],
  [bridgeNetfilter, '0\n', /^warn .*\| sudo sysctl -w net\.bridge\.bridge-nf-call-iptables=1/],
  [bridgeNetfilter, 'missing\n', /^warn .*\| .*sudo modprobe br_netfilter/],
  [cidr, 'default via 192.0.2.254 dev eth0\n', /^ok/],
  [
    cidr,
    '10.244.0.0/16 dev wg0 scope link\n',
    /^fail .*podCidr.*\| sudo ip route del 10\.244\.0\.0\/16 dev wg0/,
  ],
  [
    cidr,
    '10.96.0.0/24 dev br-0123456789ab proto kernel\n',
    /^fail .*serviceCidr.*\| docker network rm 0123456789ab/,
  ],
  [cidr, '10.0.0.0/8 via 10.8.0.1 dev tun0\n', /^warn .*includes the cluster's podCidr/],
])('$name: %s', (check, text, expected) => {
  expect(inside(check, text)).toMatch(expected)
})

describe('firewall', () => {
  const UFW = '-P INPUT DROP\n-A INPUT -j ufw-before-input\n-A INPUT -j ufw-user-input\n'
  const FIREWALLD = 'table inet firewalld { # handle 1\n\tchain filter_INPUT {\n'
  const NFT =
    'table inet filter {\n\tchain input {\n\t\ttype filter hook input priority filter; policy drop;\n'
  test.each([
    ['none', '-P INPUT ACCEPT\n-P FORWARD DROP\n', /^ok No firewall/],
    [
      'our own table',
      'table ip coxswain {\n\t\ttype filter hook input priority -10; policy accept;\n',
      /^ok/,
    ],
    ['ufw', UFW, /^fail ufw drops .*\| sudo ufw allow from 10\.244\.0\.0\/16$/],
    ['ufw that lets pods in', `${UFW}-A ufw-user-input -s 10.244.0.0/16 -j ACCEPT\n`, /^ok ufw is on/],
    ['firewalld', FIREWALLD, /^fail firewalld drops .*\| sudo firewall-cmd .*--add-source=10\.244\.0\.0\/16/],
    ['firewalld that trusts pods', `${FIREWALLD}\t\tip saddr 10.244.0.0/16 goto filter_IN_trusted\n`, /^ok/],
    ['a policy of nftables', NFT, /^fail .*\| sudo iptables -I INPUT -s 10\.244\.0\.0\/16 -j ACCEPT/],
    ['a last rule', '-P INPUT ACCEPT\n-A INPUT -j REJECT --reject-with icmp-host-prohibited\n', /^fail/],
    ['a rule for pods', '-P INPUT DROP\n-A INPUT -s 10.244.0.0/16 -j ACCEPT\n', /^ok/],
  ])('%s', (_, text, expected) => expect(inside(firewall, text)).toMatch(expected))
})

describe('ports', () => {
  const NOBODY = `tcp   LISTEN 0 128  0.0.0.0:22  0.0.0.0:*
tcp   LISTEN 0 128  *:443  *:* users:(("caddy",pid=40,fd=7))
udp   UNCONN 0 0  127.0.0.53%lo:53  0.0.0.0:*
tcp   LISTEN 0 128  127.0.0.1:80  0.0.0.0:*`
  const TAKEN = `${NOBODY}\ntcp   LISTEN 0 128  [::]:80  [::]:*`
  const shop = {
    metadata: { name: 'web', namespace: 'shop' },
    spec: { ports: [{ port: 80, nodePort: 30_080 }] },
  }
  const services = [shop as Service]
  const outside = (program: string) =>
    output(`tcp LISTEN 0 511 [::]:80 [::]:* users:(("${program}",pid=7,fd=6),("${program}",pid=8,fd=6))`)

  test.each<[string, string, Partial<Examination>, RegExp]>([
    ['free, or ours', NOBODY, {}, /^ok/],
    ['nobody knows who', TAKEN, {}, /^fail A program listens at TCP 80, .*\| sudo kill \$\(sudo ss /],
    [
      'nginx',
      TAKEN,
      { outside: outside('nginx') },
      /^fail nginx listens .*\| sudo systemctl disable --now nginx$/,
    ],
    [
      'a container',
      TAKEN,
      { outside: outside('docker-proxy') },
      /\| docker rm -f \$\(docker ps -q --filter publish=80\)$/,
    ],
    ['no ingress here', TAKEN, { runsIngress: false }, /^ok/],
    [
      'a node port',
      'tcp LISTEN 0 1 0.0.0.0:30080 0.0.0.0:*',
      { services },
      /^warn A program listens at TCP 30080, which belongs to the Service shop\/web/,
    ],
    ['another protocol', 'udp UNCONN 0 1 0.0.0.0:30080 0.0.0.0:*', { services }, /^ok/],
  ])('%s', (_, text, more, expected) => expect(inside(ports, text, more)).toMatch(expected))
})

describe('mesh', () => {
  const answers = (received: number) => `10.244.2.1 : xmt/rcv/%loss = 3/${received}/${received ? 0 : 100}%\n`
  const DEAD = answers(0)
  const counts = (before: number, after: number) => () =>
    output(`rx 10.244.1.0/24 ${before}\nrx 10.244.3.0/24 1\nrx 10.244.1.0/24 ${after}\nrx 10.244.3.0/24 9\n`)
  const ufw = () => output('-A INPUT -j ufw-before-input')
  const HIDDEN = `nat 192.168.1.2\n${DEAD}`
  const nat = (address: string) => (_: string, check: string) =>
    check === 'mesh' ? output(`nat ${address}\n`) : undefined
  test.each<[string, string, Partial<Examination>, RegExp]>([
    ['well', answers(3), {}, /^ok Packets reach b through the mesh \(wireguard\)/],
    ['with losses', answers(1), {}, /^warn Of three packets to b .*, 1 came back/],
    ['ping refused', DEAD, { insideOf: counts(100, 400) }, /^fail b receives what .*-i cx-mesh -p icmp/],
    [
      'nothing comes in there',
      `${DEAD}tcp 192.0.2.2\n`,
      { insideOf: counts(100, 100) },
      /^fail .*UDP 51821 does not get/,
    ],
    ['out of reach', DEAD, {}, /^fail b is out of reach at 192\.0\.2\.2.*\| kubectl patch server b /],
    ['closed by the provider', `${DEAD}tcp 192.0.2.2\n`, {}, /no firewall of its own: look at its provider/],
    [
      'closed by ufw',
      `${DEAD}tcp 192.0.2.2\n`,
      { insideOf: ufw },
      /^fail .*\| sudo ufw allow proto udp from 192\.0\.2\.1 to any port 51821$/,
    ],
    [
      'closed for VXLAN',
      `${DEAD}tcp 192.0.2.2\n`,
      { insideOf: () => output('table inet firewalld {'), mode: 'vxlan' },
      /^fail .*UDP 4789 .*\| sudo firewall-cmd .* port port=4789 protocol=udp accept/,
    ],
    ['not one LAN', `${DEAD}tcp 192.0.2.2\n`, { mode: 'host-gw' }, /^fail .*host-gw needs .*"mode":"auto"/],
    [
      'a server behind NAT that does not get through',
      DEAD,
      { insideOf: nat('192.168.2.2') },
      /^fail b stands behind NAT.* has to come here.*\| sudo iptables -I INPUT -p udp -s 192\.0\.2\.2 --dport 51821/,
    ],
    [
      'one behind NAT, the other one closed',
      `${HIDDEN}tcp 192.0.2.2\n`,
      {},
      /UDP 51821 does not get through/,
    ],
    [
      'two behind NAT',
      HIDDEN,
      { insideOf: nat('192.168.2.2') },
      /^fail Both stand behind NAT.*let the router 192\.0\.2\.2 forward UDP 51821 to 192\.168\.2\.2, port 51821, or the router 192\.0\.2\.1 .* to 192\.168\.1\.2,.*\| sudo iptables -t nat -I PREROUTING -d 192\.0\.2\.2 -p udp --dport 51821 -j DNAT --to-destination 192\.168\.2\.2:51821$/,
    ],
    [
      'two behind one router',
      HIDDEN,
      { insideOf: nat('192.168.1.3'), peers: [subject('b', 2, { endpoint: '192.0.2.1' })] },
      /^fail a and b both stand behind the router 192\.0\.2\.1.*"address":"192\.168\.1\.3"/,
    ],
    [
      'VXLAN and NAT',
      HIDDEN,
      { mode: 'vxlan' },
      /^fail a stands behind NAT, which vxlan does not get through.*"mode":"wireguard"/,
    ],
    ['alone', '', { peers: [] }, /^$/],
  ])('%s', (_, text, more, expected) => expect(inside(mesh, text, more)).toMatch(expected))

  it('says on which server the port is to be opened', () => {
    expect(mesh.judge(examination({ inside: output(`${DEAD}tcp 192.0.2.2\n`) }))).toMatchObject([
      { peer: 'b', mendOn: 'b' },
    ])
  })
})

describe('mtu', () => {
  const text = (path: number | undefined, passes: boolean) => `link 192.0.2.2 1500 ens3
${path ? `path 192.0.2.2 ${path}\n` : ''}inner 10.244.2.1 1420
10.244.2.1 : xmt/rcv/%loss = 2/${passes ? 2 : 0}/0%`
  test.each([
    ['all passes', 1500, true, /^ok Packets of 1420 bytes get to b/],
    [
      'a narrow way',
      1400,
      true,
      /^warn The way to b takes packets of 1400 .*\| sudo ip link set dev ens3 mtu 1400/,
    ],
    [
      'too narrow',
      1400,
      false,
      /^fail The way to b takes packets of 1400 .*\| sudo ip link set dev ens3 mtu 1400/,
    ],
    ['a narrow mesh', 1500, false, /^fail Packets of 1420 bytes do not get to b through the mesh/],
    ['no answer outside, but inside', undefined, true, /^ok/],
    ['no answer at all', undefined, false, /^unknown b answers no ping/],
  ])('%s', (_, path, passes, expected) => expect(inside(mtu, text(path, passes))).toMatch(expected))
})

describe('wireguard', () => {
  const none = { metadata: { annotations: { 'coxswain.io/wireguard-key': 'none' } } } as unknown as Node
  test.each<[string, string, Partial<Examination>, RegExp]>([
    ['of the kernel', '7: cx-mesh: <POINTOPOINT,UP> mtu 1420 \\ wireguard numtxqueues 1', {}, /^ok/],
    [
      'wireguard-go',
      '7: cx-mesh: <POINTOPOINT,UP> mtu 1420 \\ tun type tun',
      {},
      /^warn .*\| sudo modprobe wireguard/,
    ],
    [
      'neither',
      '',
      { subject: subject('a', 1, { node: none }) },
      /^warn There is neither WireGuard in the kernel/,
    ],
    ['not wanted', '7: cx-mesh: \\ vxlan id 1', { mode: 'vxlan' }, /^warn The servers are linked by vxlan/],
    ['no link', '', {}, /^warn There is no link cx-mesh/],
    ['alone', '', { peers: [] }, /^$/],
  ])('%s', (_, text, more, expected) => expect(inside(wireguard, text, more)).toMatch(expected))
})

describe('what the objects say', () => {
  const node = (status: string, reason: string) =>
    ({ status: { conditions: [{ type: 'NetworkUnavailable', status, reason, message: 'words' }] } }) as Node
  test.each<[string, Partial<Subject>, RegExp]>([
    ['applied', { node: node('False', 'RulesApplied') }, /^ok words/],
    ['not applied', { node: node('True', 'NotApplied') }, /^fail words \| docker logs/],
    ['a clash, which has a check of its own', { node: node('True', 'CIDRClash') }, /^$/],
    ['nothing yet', {}, /^warn Nothing was applied yet/],
  ])('network: %s', (_, more, expected) => {
    expect(judged(network, { subject: subject('a', 1, more) })).toMatch(expected)
  })

  test.each([
    ['Unreachable', /\| ssh -v ops@192\.0\.2\.1 docker version$/],
    ['AuthenticationFailed', /\| ssh-copy-id ops@192\.0\.2\.1$/],
    ['SocketForbidden', /\| sudo usermod -aG docker ops$/],
    ['ForwardingForbidden', /\| echo 'AllowStreamLocalForwarding yes' /],
    ['EngineStopped', /\| sudo systemctl enable --now docker$/],
    ['DockerMissing', /\| sudo apt-get install -y docker\.io$/],
    ['ClaimedByOtherServer', /\| kubectl delete server a$/],
    ['ClaimedByOtherCluster', /\| docker exec coxswain-system .* docker volume rm; /],
  ])('reachable: %s', (reason, expected) => {
    const away = subject('a', 1, { connected: false })
    Object.assign(away.server, {
      status: { conditions: [{ type: 'Connected', status: 'False', reason, message: 'words' }] },
    })
    expect(judged(reachable, { subject: away })).toMatch(/^fail words/)
    expect(judged(reachable, { subject: away })).toMatch(expected)
  })
})
