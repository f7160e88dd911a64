/**
 * Server 1 has an address of its own. Servers 2 and 3 each stand behind a home router that forwards SSH and nothing else;
 * the router of server 3 sends from ports that nobody can foretell.
 */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DoctorReport, Finding } from '../../../src-main/api/doctor.ts'
import { lab, waitFor } from '../lab.ts'
import { podsOf, waitForReadyNodes, type PodView } from '../support/cluster.ts'
import { createCox, type Cox } from '../support/cox.ts'
import { serverManifest, webDeployment } from '../support/manifests.ts'

const run = promisify(execFile)
const command = fileURLToPath(new URL('../../../bin/cox.js', import.meta.url))
const SERVERS = [1, 2, 3]
const ROUTER_PORT = 2222
/** That so many in a row are answered by chance, with one of three endpoints out of reach: 1 in 3,000. */
const IN_A_ROW = 20
const BIG_BYTES = 5_000_000
/** Answers one request with as much. */
const GIVE = `
import socket
connection, _ = socket.create_server(('', 9000)).accept()
connection.recv(4096)
connection.sendall(b'HTTP/1.0 200 OK\\r\\n\\r\\n' + b'x' * ${BIG_BYTES})
`

let cox: Cox
const pods = new Map<number, PodView>()

beforeAll(async () => {
  await lab.reset(3)
  await lab.nat(2, 3)
  await sendBy(3, 'masquerade random')
  cox = await createCox()
  const behindRouter = [2, 3].map(n => serverManifest(lab.env, n, { port: ROUTER_PORT }))
  await cox.apply([serverManifest(lab.env, 1), ...behindRouter].join('---\n'))
  await waitForReadyNodes(cox, 3)
  await cox.apply(`${webDeployment({ image: `${lab.env.web}:1`, replicas: 3 })}---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
`)
  await cox.kubectl('rollout', 'status', 'deployment/web', '--timeout=120s')
  for (const pod of await podsOf(cox)) pods.set(Number(pod.node.slice('lab-'.length)), pod)
  expect([...pods.keys()].sort()).toEqual(SERVERS)
})

afterAll(() => cox?.dispose())

/** How the router of a server sends on what comes from there; it forgets all connections. */
async function sendBy(n: number, statement: string): Promise<void> {
  await lab.router(n, 'nft', 'flush', 'chain', 'ip', 'router', 'postrouting')
  const rule = `add rule ip router postrouting oifname wan meta l4proto { tcp, udp } ${statement}`
  await lab.router(n, 'nft', rule)
  await lab.router(n, 'conntrack', '-F')
}

const inSystem = (n: number, ...args: string[]) => lab.docker(n, 'exec', 'coxswain-system', ...args)

function podOn(n: number): PodView {
  const pod = pods.get(n)
  if (!pod) throw new Error(`there is no pod on server ${n}`)
  return pod
}

const containerOn = (n: number) => podOn(n).containerId.replace('docker://', '')
const inPod = (n: number, ...args: string[]) => lab.docker(n, 'exec', containerOn(n), ...args)

async function ask(from: number, url: string): Promise<{ address: string; client: string }> {
  return JSON.parse(await inPod(from, 'curl', '-sS', '--max-time', '3', url)) as {
    address: string
    client: string
  }
}

/** Waits until the pods of two servers reach each other, and see each other's own address. */
async function reachEachOther(a: number, b: number): Promise<void> {
  for (const [from, to] of [
    [a, b],
    [b, a],
  ] as const) {
    const { ip } = podOn(to)
    const answer = await waitFor(`server ${from} reaches the pod of server ${to}`, () =>
      ask(from, `http://${ip}:8080/`),
    )
    expect(answer).toMatchObject({ address: ip, client: podOn(from).ip })
  }
}

/** Every pod that answers the Service to one on server `n`: asked by its name until all of them were seen. */
function isServedBy(n: number, servers: readonly number[]): Promise<unknown> {
  const seen = new Set<string>()
  return waitFor(`the Service of server ${n} leads to servers ${servers.join(', ')}`, async () => {
    seen.add((await ask(n, 'http://web/')).address)
    return servers.every(server => seen.has(podOn(server).ip))
  })
}

/** Where server 1 sends what is for a server. */
async function endpointOf(n: number): Promise<string> {
  const peers = await inSystem(1, 'wg', 'show', 'cx-mesh', 'dump')
  const range = podOn(n).ip.replace(/\d+$/, '0/24')
  return peers.split('\n').flatMap(line => {
    const [, , endpoint = '', allowed] = line.split('\t')
    return allowed === range ? [endpoint] : []
  })[0] as string
}

describe('a server with an address of its own and one behind NAT', () => {
  it.each([2, 3])('reach each other’s pods, by address and through a Service by name: server %i', async n => {
    await reachEachOther(1, n)
    await isServedBy(n, [1, n])
    await isServedBy(1, [n])
  })

  it('do so with more than fits into one packet of the router', async () => {
    const narrow = (to: string, device: string, own: string) =>
      lab.router(2, 'ip', 'route', 'replace', to, 'dev', device, 'src', own, 'mtu', 'lock', '1300')
    await narrow('192.168.2.0/24', 'lan', '192.168.2.1')
    await narrow(`${lab.env.host(0)}/24`, 'wan', lab.env.host(2))
    for (const [from, to] of [
      [1, 2],
      [2, 1],
    ] as const) {
      await lab.docker(to, 'exec', '-d', containerOn(to), 'python3', '-c', GIVE)
      const received = await waitFor(`all from server ${to}`, () =>
        inPod(
          from,
          'curl',
          '-sS',
          '--max-time',
          '20',
          '-w',
          '%{size_download}',
          '-o',
          '/dev/null',
          `http://${podOn(to).ip}:9000/`,
        ),
      )
      expect(received).toBe(String(BIG_BYTES))
    }
  })

  it('go on when the router forgets the connection, and has another address and another port for the next one', async () => {
    const other = lab.env.host(102)
    await lab.router(2, 'ip', 'addr', 'add', `${other}/24`, 'dev', 'wan')
    expect(await endpointOf(2)).toMatch(`${lab.env.host(2)}:`)
    await sendBy(2, `snat to ${other}:40000-40999`)
    await reachEachOther(1, 2)
    expect(await endpointOf(2)).toMatch(new RegExp(`^${other}:40\\d{3}$`))
  })
})

describe('with the control plane gone', () => {
  it('a server behind NAT that boots again is reached', async () => {
    await cox.kill()
    await lab.kill(2)
    await lab.boot(2)
    await reachEachOther(1, 2)
    await isServedBy(1, [2])
  })

  it('so is one that has an address of its own, and no longer knows where the others came from', async () => {
    await lab.kill(1)
    await lab.boot(1)
    for (const n of [2, 3]) await reachEachOther(1, n)
    await isServedBy(1, SERVERS)
    await cox.start()
    await waitForReadyNodes(cox, 3)
  })
})

describe('two servers behind NAT, of which neither can be reached', () => {
  let mend = ''

  const failures = async (): Promise<Finding[]> => {
    const { stdout } = await run(process.execPath, [
      command,
      'doctor',
      '--data',
      cox.dataDir,
      '-o',
      'json',
    ]).catch((error: { stdout: string }) => error)
    return (JSON.parse(stdout) as DoctorReport).findings.filter(({ status }) => status === 'fail')
  }

  it('do not reach each other’s pods, and Services on them lead to those that they reach', async () => {
    await expect(ask(2, `http://${podOn(3).ip}:8080/`)).rejects.toThrow()
    await waitFor('they know', async () => {
      const lost = await Promise.all([2, 3].map(n => inSystem(n, 'ls', '/run/coxswain/lost')))
      return lost.every(text => text.trim() !== '')
    })
    for (const [n, other] of [
      [2, 3],
      [3, 2],
    ] as const) {
      const answers = await inPod(
        n,
        'sh',
        '-c',
        `for n in $(seq ${IN_A_ROW}); do curl -sSf --max-time 3 web; done`,
      )
      expect(answers.match(/"address":/g)?.length).toBe(IN_A_ROW)
      expect(answers).not.toContain(`"${podOn(other).ip}"`)
    }
  })

  it('are told so by the doctor, with what to do', async () => {
    const found = await waitFor('both directions', async () => {
      const mesh = (await failures()).filter(({ check }) => check === 'mesh')
      return mesh.length === 2 && mesh
    })
    expect(found.map(({ server, peer }) => `${server} ${peer}`).sort()).toEqual([
      'lab-2 lab-3',
      'lab-3 lab-2',
    ])
    for (const { message } of found) expect(message).toMatch(/Both stand behind NAT/)
    mend = found.find(({ peer }) => peer === 'lab-3')?.mend ?? ''
    expect(mend).toContain(
      `-d ${lab.env.host(3)} -p udp --dport 51821 -j DNAT --to-destination 192.168.3.2:51821`,
    )
  })

  it('reach each other once the router of one does what the doctor said', async () => {
    await lab.router(3, ...mend.replace('sudo ', '').split(' '))
    await reachEachOther(2, 3)
    for (const n of [2, 3]) await isServedBy(n, SERVERS)
  })

  it('do so at another port of the router', async () => {
    const at = (port: number) => mend.replace('sudo ', '').replace('--dport 51821', `--dport ${port}`)
    await lab.router(3, ...at(51_821).replace(' -I ', ' -D ').split(' '))
    await lab.router(3, ...at(4_000).split(' '))
    await lab.router(3, 'conntrack', '-F')
    await cox.kubectl('patch', 'server', 'lab-3', '--type=merge', '-p', '{"spec":{"network":{"port":4000}}}')
    await waitFor('server 2 sends there', async () =>
      (await inSystem(2, 'wg', 'show', 'cx-mesh', 'endpoints')).includes(`${lab.env.host(3)}:4000`),
    )
    await reachEachOther(2, 3)
    await waitFor('the doctor finds nothing', async () => (await failures()).length === 0)
  })
})
