import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { lab, waitFor } from '../lab.ts'
import { podsOf, waitForReadyNodes, type PodView } from '../support/cluster.ts'
import { createCox, type Cox } from '../support/cox.ts'
import { serverManifests } from '../support/manifests.ts'
import { SERVE } from './talking.ts'

const run = promisify(execFile)
/** Where each pod runs. Those of `app: web` serve TCP at 8080 and UDP at 5300. */
const PODS = { 'web-1': 1, 'web-2': 2, 'web-3': 2, client: 1 }
const EXTERNAL_IP = '198.51.100.7'

let cox: Cox
let pods: PodView[]

beforeAll(async () => {
  await lab.reset(2)
  cox = await createCox()
  await cox.apply(serverManifests(lab.env, 2))
  await waitForReadyNodes(cox, 2)
  await cox.apply(
    Object.entries(PODS)
      .map(([name, server]) => podManifest(name, server))
      .join('---\n'),
  )
  await cox.kubectl('wait', 'pod', '--all', '--for=condition=Ready', '--timeout=120s')
  pods = [...(await podsOf(cox, 'app=web')), ...(await podsOf(cox, 'app=client'))]
})

afterAll(() => cox?.dispose())

function podManifest(name: string, server: number): string {
  return `apiVersion: v1
kind: Pod
metadata: {name: ${name}, labels: {app: ${name.split('-')[0]}}}
spec:
  nodeName: lab-${server}
  terminationGracePeriodSeconds: 0
  containers:
    - name: main
      image: ${lab.env.web}:1
      command: [python3, -u, -c, ${JSON.stringify(SERVE)}]
`
}

function pod(name: string): PodView {
  const found = pods.find(each => each.name === name)
  if (!found) throw new Error(`there is no pod ${name}`)
  return found
}

function inPod(name: string, ...command: string[]): Promise<string> {
  const { node, containerId } = pod(name)
  return lab.docker(Number(node.slice(4)), 'exec', containerId.replace('docker://', ''), ...command)
}

interface Spec {
  clusterIP: string
  ports: { nodePort?: number }[]
}

/** Makes a Service of the pods of `web`, TCP at 80 and UDP at 53 unless said otherwise. */
async function service(name: string, spec: string): Promise<Spec> {
  await cox.apply(`apiVersion: v1
kind: Service
metadata: {name: ${name}}
spec:
  selector: {app: web}
  ports: [{name: tcp, port: 80, targetPort: 8080}, {name: udp, port: 53, targetPort: 5300, protocol: UDP}]
${spec
  .split('\n')
  .map(line => `  ${line}`)
  .join('\n')}
`)
  const made = await waitFor(`the address of ${name}`, async () => {
    const { spec: found } = await cox.get<{ spec: Spec }>('service', name)
    return found.clusterIP ? found : undefined
  })
  return made
}

/** Who answers so many new connections from a pod. */
async function answers(address: string, port: number, count: number, from = 'client'): Promise<string[]> {
  const output = await inPod(from, 'python3', '-c', CONNECT, address, String(port), String(count))
  return output.trim().split('\n')
}

/** Who answers this machine, which is no server of the cluster: `OWN-ADDRESS CLIENT-ADDRESS`. */
async function askFromOutside(address: string, port: number): Promise<[string, string]> {
  const { stdout } = await run('python3', ['-c', CONNECT, address, String(port), '1', 'both'])
  return stdout.trim().split(' ') as [string, string]
}

const relabel = (name: string, app: string) => cox.kubectl('label', 'pod', name, `app=${app}`, '--overwrite')

const fails = (asking: () => Promise<unknown>) =>
  asking().then(
    () => false,
    () => true,
  )

const webAddresses = () => ['web-1', 'web-2', 'web-3'].map(name => pod(name).ip)

describe('Services, with real packets', () => {
  it('send a client to the same pod when told, and to every pod when not', async () => {
    const { clusterIP } = await service('sticky', 'sessionAffinity: ClientIP')
    await waitFor('it answers', () => answers(clusterIP, 80, 1))
    expect(new Set(await answers(clusterIP, 80, 20)).size).toBe(1)
    await service('sticky', 'sessionAffinity: None')
    await waitFor('all pods answer', async () => new Set(await answers(clusterIP, 80, 20)).size === 3)
  })

  it('lead a pod to all of their pods, itself too', async () => {
    const { clusterIP } = await service('all', '')
    await waitFor('all pods answer', async () => {
      const answered = await answers(clusterIP, 80, 20, 'web-1')
      return new Set(answered).size === 3 && answered.includes(pod('web-1').ip)
    })
  })

  it('lead UDP to another pod when the one that answered has left, also for a client that goes on', async () => {
    const { clusterIP } = await service('udp', 'sessionAffinity: None')
    // one socket all the time: to the servers it is one connection
    const talk = inPod('client', 'python3', '-u', '-c', ASK_ON, clusterIP)
    const first = await waitFor('an answer', async () =>
      (await inPod('client', 'cat', '/tmp/answered')).trim(),
    )
    const answering = pods.find(({ ip }) => ip === first.split('\n')[0])
    expect(webAddresses()).toContain(answering?.ip)
    // it lives and would answer
    await cox.kubectl('label', 'pod', answering?.name ?? '', 'app=retired', '--overwrite')
    const output = (await talk).trim().split('\n')
    expect(output).toHaveLength(2)
    expect(webAddresses()).toContain(output[1])
    expect(output[1]).not.toBe(answering?.ip)
    await cox.kubectl('label', 'pod', answering?.name ?? '', 'app=web', '--overwrite')
  })

  it('lead UDP that came too early to a pod once there is one, also from a client that goes on', async () => {
    for (const name of ['web-1', 'web-2', 'web-3']) await relabel(name, 'retired')
    const { ports } = await service('early', 'type: NodePort')
    const nodePort = ports[1]?.nodePort ?? 0
    const talk = run('python3', ['-u', '-c', ASK_ONE, lab.env.host(1), String(nodePort)])
    // until the server knows the client as one of its own
    await waitFor('its connection', () =>
      lab.docker(
        1,
        'exec',
        'coxswain-system',
        'conntrack',
        '-L',
        '-p',
        'udp',
        '--orig-port-dst',
        String(nodePort),
      ),
    )
    for (const name of ['web-1', 'web-2', 'web-3']) await relabel(name, 'web')
    expect(webAddresses()).toContain((await talk).stdout.trim())
  })

  it('answer at every server’s own address for a load balancer, and at addresses that lead to a server', async () => {
    await service(
      'balanced',
      `type: LoadBalancer\nexternalIPs: [${EXTERNAL_IP}]\nports: [{name: tcp, port: 8000, targetPort: 8080}]`.replace(
        'ports: ',
        '# ',
      ),
    )
    await cox.kubectl(
      'patch',
      'service',
      'balanced',
      '-p',
      '{"spec":{"ports":[{"name":"tcp","port":80,"$patch":"delete"},{"name":"tcp","port":8000,"targetPort":8080}]}}',
    )
    await run('ip', ['route', 'replace', `${EXTERNAL_IP}/32`, 'via', lab.env.host(1)])
    try {
      for (const address of [lab.env.host(1), lab.env.host(2), EXTERNAL_IP]) {
        const [own] = await waitFor(`an answer at ${address}`, () => askFromOutside(address, 8000))
        expect(webAddresses()).toContain(own)
      }
    } finally {
      await run('ip', ['route', 'del', `${EXTERNAL_IP}/32`])
    }
    const onlyFor = (range: string) =>
      cox.kubectl('patch', 'service', 'balanced', '-p', `{"spec":{"loadBalancerSourceRanges":["${range}"]}}`)
    await onlyFor('203.0.113.0/24')
    await waitFor('it is closed to us', () => fails(() => askFromOutside(lab.env.host(1), 8000)))
    await onlyFor(`${await addressTowards(lab.env.host(1))}/32`)
    await waitFor('it is open to us', () => askFromOutside(lab.env.host(1), 8000))
    const { status } = await cox.get<{ status: { loadBalancer: { ingress?: { ip: string }[] } } }>(
      'service',
      'balanced',
    )
    expect(status.loadBalancer.ingress?.map(({ ip }) => ip).sort()).toEqual([
      lab.env.host(1),
      lab.env.host(2),
    ])
  })

  it('keep to the server that was asked, and show it the client, with externalTrafficPolicy Local', async () => {
    const { ports } = await service('local', 'type: NodePort\nexternalTrafficPolicy: Local')
    const nodePort = ports[0]?.nodePort ?? 0
    const outside = await addressTowards(lab.env.host(1))
    for (const n of [1, 2]) {
      const own = pods
        .filter(({ node, name }) => node === `lab-${n}` && name !== 'client')
        .map(({ ip }) => ip)
      await waitFor('an answer', () => askFromOutside(lab.env.host(n), nodePort))
      for (let round = 0; round < 6; round++) {
        const [address, client] = await askFromOutside(lab.env.host(n), nodePort)
        expect(own).toContain(address)
        expect(client).toBe(outside)
      }
    }
    // a server without a pod does not answer, rather than ask another one
    await cox.kubectl('label', 'pod', 'web-1', 'app=retired', '--overwrite')
    await waitFor('nobody answers', () => fails(() => askFromOutside(lab.env.host(1), nodePort)))
    expect(webAddresses()).toContain((await askFromOutside(lab.env.host(2), nodePort))[0])
    await cox.kubectl('label', 'pod', 'web-1', 'app=web', '--overwrite')
  })

  it('are what the files say, though each change changed only what was another', async () => {
    const { clusterIP } = await service('later', 'type: NodePort')
    for (const n of [1, 2]) {
      const output = await waitFor('a change', () =>
        lab.docker(n, 'exec', 'coxswain-system', 'bash', '-c', COMPARE, '', clusterIP),
      )
      const [changed = '', whole = ''] = output.split('--\n')
      expect(changed).toContain('chainservices')
      expect(changed).toBe(whole)
    }
  })

  it('do not get an address that another one has', async () => {
    const { clusterIP } = await service('first', 'sessionAffinity: None')
    const { code, stderr } = await cox.tryApply(
      `apiVersion: v1\nkind: Service\nmetadata: {name: second}\nspec: {clusterIP: ${clusterIP}, ports: [{port: 80}]}\n`,
    )
    expect(code).toBe(1)
    expect(stderr).toContain(
      `The Service "second" is invalid: spec.clusterIPs: Invalid value: ["${clusterIP}"]: failed to allocate IP ${clusterIP}: provided IP is already allocated`,
    )
  })
})

describe('between servers', () => {
  it('pods send packets that fit the encrypted link', async () => {
    for (const name of ['web-1', 'web-2']) {
      expect((await inPod(name, 'cat', '/sys/class/net/eth0/mtu')).trim()).toBe('1420')
    }
  })

  it('one of which takes in no connections is reached all the same', async () => {
    const closed = [
      'INPUT',
      '-p',
      'udp',
      '--dport',
      '51821',
      '-m',
      'conntrack',
      '--ctstate',
      'NEW',
      '-j',
      'DROP',
    ]
    await lab.exec(2, 'iptables', '-I', ...closed)
    try {
      // without a memory of each other
      for (const n of [1, 2]) {
        await lab.docker(n, 'restart', 'coxswain-system')
      }
      await waitFor('an answer', () => answers(pod('web-2').ip, 8080, 1), 90_000)
    } finally {
      await lab.exec(2, 'iptables', '-D', ...closed)
    }
  })

  // the second one shows that the first one would have seen it
  it.each([
    ['wireguard', false],
    ['vxlan', true],
  ])('what pods say is readable on the wire with %s: %s', async (mode, readable) => {
    await cox.apply(
      `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: network, namespace: coxswain-system}\ndata: {mode: ${mode}}\n`,
    )
    await waitFor('every server has it', async () => {
      const links = await Promise.all(
        [1, 2].map(n => lab.docker(n, 'exec', 'coxswain-system', 'cat', '/etc/coxswain/mesh/links')),
      )
      return links.every(text => text.startsWith(`mode ${mode}\n`))
    })
    await waitFor('the link is up', () => answers(pod('web-2').ip, 8080, 1))
    const secret = `secret-${mode}`
    const capture = lab.exec(2, 'python3', '-u', '-c', CAPTURE, secret, lab.env.host(1))
    await waitFor('it listens', () => lab.exec(2, 'test', '-f', `/tmp/${secret}`).then(() => true))
    await inPod('client', 'python3', '-c', SAY, pod('web-2').ip, secret)
    await lab.exec(2, 'rm', `/tmp/${secret}`)
    const [frames = 0, found = 0] = (await capture).trim().split(' ').map(Number)
    expect(frames).toBeGreaterThan(20)
    expect(found > 0).toBe(readable)
  })
})

describe('names', () => {
  const answerOf = async (pod: string, name: string) =>
    (await inPod(pod, 'getent', 'ahostsv4', name)).split(' ')[0] ?? ''

  it('of the rest of the world are those that the server’s own resolver knows, also one at 127.0.0.53', async () => {
    await lab.exec(2, 'sh', '-c', 'echo nameserver 127.0.0.53 >/etc/resolv.conf')
    const resolver = lab.exec(2, 'python3', '-c', RESOLVER)
    await lab.docker(2, 'restart', 'coxswain-system')
    expect(await waitFor('an answer', () => answerOf('web-2', 'db.example.com'))).toBe('192.0.2.53')
    // of private addresses that are none of ours, too
    const known = await inPod('web-2', 'getent', 'hosts', '10.1.2.3')
    expect(known).toContain('known.example.com')
    await lab.exec(2, 'rm', '/tmp/resolver')
    await resolver
  })

  it('of Services are known to a pod on the server’s network that asks for them, and options are its own', async () => {
    const { clusterIP } = await service('named', 'sessionAffinity: None')
    await cox.apply(`apiVersion: v1
kind: Pod
metadata: {name: host, labels: {app: host}}
spec:
  nodeName: lab-1
  hostNetwork: true
  dnsPolicy: ClusterFirstWithHostNet
  dnsConfig: {searches: [example.net], options: [{name: ndots, value: "3"}]}
  terminationGracePeriodSeconds: 0
  containers: [{name: main, image: "${lab.env.base}", command: [tail, -f, /dev/null]}]
`)
    await cox.kubectl('wait', 'pod/host', '--for=condition=Ready', '--timeout=60s')
    pods.push(...(await podsOf(cox, 'app=host')))
    expect(await answerOf('host', 'named')).toBe(clusterIP)
    const file = await inPod('host', 'cat', '/etc/resolv.conf')
    expect(file).toMatch(
      /^search default\.svc\.cluster\.local svc\.cluster\.local cluster\.local example\.net$/m,
    )
    expect(file).toMatch(/^options ndots:3$/m)
  })
})

/** The address of this machine that a server sees. */
async function addressTowards(host: string): Promise<string> {
  const { stdout } = await run('ip', ['-4', '-o', 'route', 'get', host])
  return / src (\S+)/.exec(stdout)?.[1] ?? ''
}

/** ADDRESS PORT COUNT [both]: who answers each connection, and with `both` whom it saw. */
const CONNECT = `
import socket, sys
for n in range(int(sys.argv[3])):
    with socket.create_connection((sys.argv[1], int(sys.argv[2])), 2) as connection:
        connection.settimeout(2)
        both = connection.recv(64).decode()
        print(both if len(sys.argv) > 4 else both.split()[0])
`

/** Once a change has added an address: what the kernel has, and what it has of the same rules as a whole. */
const COMPARE = `
cd /run/coxswain
grep -qF "add element ip coxswain services-by-address { $1 " rules.change && [[ -f rules.now ]] || exit 1
list() {
  nft list table ip coxswain | awk '/^\\t(chain|map|set) / { block = $1 " " $2 } { gsub(/,/, "\\n" block " "); print block, $0 }' |
    tr -d '\\t {}' | sort
}
list
echo --
nft $(sed -n '1s/^# //p' rules.now) -f rules.now && list
`

/** Asks by UDP from one socket until somebody else answers, and prints who did. */
const ASK_ON = `
import socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(0.5)
s.connect((sys.argv[1], 53))
answered = []
end = time.time() + 60
while len(answered) < 2 and time.time() < end:
    try:
        s.send(b'who')
        own = s.recv(64).decode().split()[0]
        if own not in answered:
            answered.append(own)
            print(own)
            open('/tmp/answered', 'w').write(own)
    except OSError:
        pass
    time.sleep(0.02)
`

/** Asks by UDP from one socket until somebody answers, and prints who did. */
const ASK_ONE = `
import socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(0.2)
for n in range(300):
    try:
        s.sendto(b'who', (sys.argv[1], int(sys.argv[2])))
        print(s.recv(64).decode().split()[0])
        break
    except OSError:
        time.sleep(0.05)
`

/** A resolver at 127.0.0.53 that knows one name and one address, as long as its file is there. */
const RESOLVER = `
import os, socket, struct
open('/tmp/resolver', 'w').close()
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(('127.0.0.53', 53))
s.settimeout(0.2)
ADDRESS = struct.pack('>HHHIH', 0xc00c, 1, 1, 60, 4) + socket.inet_aton('192.0.2.53')
NAME = b'\\x05known\\x07example\\x03com\\0'
POINTER = struct.pack('>HHHIH', 0xc00c, 12, 1, 60, len(NAME)) + NAME
while os.path.exists('/tmp/resolver'):
    try:
        query, client = s.recvfrom(4096)
    except OSError:
        continue
    end = query.index(b'\\0', 12) + 5
    asked = query[12:end]
    kind = struct.unpack('>H', asked[-4:-2])[0]
    answer = ADDRESS if asked.startswith(b'\\x02db\\x07example') and kind == 1 else b''
    if asked.startswith(b'\\x013\\x012\\x011\\x0210') and kind == 12: answer = POINTER
    s.sendto(query[:2] + struct.pack('>HHHHH', 0x8180, 1, 1 if answer else 0, 0, 0) + asked + answer, client)
`

/** Says the same thirty times. */
const SAY = `
import socket, sys
with socket.create_connection((sys.argv[1], 8080), 5) as connection:
    for n in range(30):
        connection.sendall(sys.argv[2].encode())
        connection.recv(64)
`

/** Counts the frames from a host, and those with a text in them, as long as its file is there. */
const CAPTURE = `
import os, socket, sys
text, host = sys.argv[1].encode(), socket.inet_aton(sys.argv[2])
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
s.bind(('eth0', 0))
s.settimeout(0.2)
flag = '/tmp/' + sys.argv[1]
open(flag, 'w').close()
frames = found = 0
while os.path.exists(flag):
    try:
        frame = s.recv(65536)
        if frame[26:30] == host:
            frames += 1
            found += text in frame
    except OSError:
        pass
print(frames, found)
`
