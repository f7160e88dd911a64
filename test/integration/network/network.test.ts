import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { lab, waitFor } from '../lab.ts'
import { podsOf, waitForReadyNodes, type PodView } from '../support/cluster.ts'
import { createCox, type Cox } from '../support/cox.ts'
import { serverManifests, webDeployment } from '../support/manifests.ts'
import { traces } from './traces.ts'

const run = promisify(execFile)
const SERVERS = [1, 2, 3]

let cox: Cox
let pods: PodView[]
let address: string
let nodePort: number
/** What was on each server before it became one of the cluster's. */
const before = new Map<number, string[]>()

beforeAll(async () => {
  await lab.reset(3)
  for (const n of SERVERS) {
    // the lab's disks come with the image built, which a real server does not
    before.set(
      n,
      (await traces(n)).filter(line => !line.startsWith('image: coxswain/')),
    )
  }
  cox = await createCox()
  await cox.apply(serverManifests(lab.env, 3))
  await waitForReadyNodes(cox, 3)
  await cox.apply(webDeployment({ image: `${lab.env.web}:1`, replicas: 3 }))
  await cox.apply(`apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  type: NodePort
  selector: {app: web}
  ports: [{name: http, port: 80, targetPort: 8080}]
---
apiVersion: v1
kind: Service
metadata: {name: peers}
spec:
  clusterIP: None
  selector: {app: web}
  ports: [{name: http, port: 8080}]
---
apiVersion: v1
kind: Service
metadata: {name: outside}
spec: {type: ExternalName, externalName: web.default.svc.cluster.local}
`)
  await cox.kubectl('rollout', 'status', 'deployment/web', '--timeout=90s')
  pods = await podsOf(cox)
  const service = await waitFor('a virtual address', async () => {
    const found = await cox.get<{ spec: { clusterIP?: string; ports: { nodePort?: number }[] } }>(
      'service',
      'web',
    )
    return found.spec.clusterIP && found.spec.ports[0]?.nodePort ? found.spec : undefined
  })
  address = service.clusterIP ?? ''
  nodePort = service.ports[0]?.nodePort ?? 0
  await waitFor('three endpoints everywhere', async () => {
    const rules = await Promise.all(SERVERS.map(n => table(n)))
    return rules.every(text => pods.every(({ ip }) => text.includes(`${ip} . 8080`)))
  })
})

afterAll(() => cox?.dispose())

const inSystem = (n: number, ...command: string[]) => lab.docker(n, 'exec', 'coxswain-system', ...command)
const table = (n: number) => inSystem(n, 'nft', 'list', 'table', 'ip', 'coxswain')
const numberOf = ({ node }: PodView) => Number(node.slice('lab-'.length))

/** A command in a pod's container. */
function inPod(pod: PodView, ...command: string[]): Promise<string> {
  return lab.docker(numberOf(pod), 'exec', pod.containerId.replace('docker://', ''), ...command)
}

interface Answer {
  address: string
  client: string
}

async function ask(from: PodView, url: string): Promise<Answer> {
  return JSON.parse(await inPod(from, 'curl', '-sS', '--max-time', '3', url)) as Answer
}

/** From outside: this machine, which is no server of the cluster. */
async function askFromOutside(url: string): Promise<Answer> {
  const { stdout } = await run('curl', ['-sS', '--max-time', '3', url])
  return JSON.parse(stdout) as Answer
}

function somePod(): PodView {
  const [pod] = pods
  if (!pod) throw new Error('there is no pod')
  return pod
}

async function everyPodReachesEveryPod(): Promise<void> {
  for (const from of pods) {
    for (const to of pods) {
      const answer = await ask(from, `http://${to.ip}:8080/`)
      expect(answer).toMatchObject({ address: to.ip, client: from.ip })
    }
  }
}

describe('pods and services across servers', () => {
  it('lets pods reach one another on every server, with their own addresses', async () => {
    expect(new Set(pods.map(({ node }) => node)).size).toBe(3)
    await everyPodReachesEveryPod()
  })

  it('spreads a virtual address over all pods and keeps the client’s address', async () => {
    const from = somePod()
    const answers: Answer[] = []
    await waitFor('an answer of each pod', async () => {
      answers.push(await ask(from, `http://${address}/`))
      return new Set(answers.map(answer => answer.address)).size === 3
    })
    for (const answer of answers) {
      // a pod that reaches itself sees its server instead of itself
      expect(answer.client).toBe(answer.address === from.ip ? gatewayOf(from.ip) : from.ip)
    }
  })

  it.each(SERVERS)('serves the virtual address to processes of server %i', async n => {
    for (let round = 0; round < 6; round++) {
      expect(await lab.exec(n, 'curl', '-sS', '--max-time', '3', `http://${address}/healthz`)).not.toBe('')
    }
  })

  it.each(SERVERS)('serves the node port of server %i from outside', async n => {
    const seen = new Set<string>()
    await waitFor('an answer of each pod', async () => {
      seen.add((await askFromOutside(`http://${lab.env.host(n)}:${nodePort}/`)).address)
      return seen.size === 3
    })
  })

  it('refuses a virtual address that nobody serves at once', async () => {
    await cox.apply(`apiVersion: v1
kind: Service
metadata: {name: nobody}
spec: {selector: {app: nobody}, ports: [{port: 80}]}
`)
    const ip = await waitFor('its address', () =>
      cox.kubectl('get', 'svc', 'nobody', '-o', 'jsonpath={.spec.clusterIP}'),
    )
    await expect(ask(somePod(), `http://${ip}/`)).rejects.toThrow(/refused|Failed to connect/)
  })

  it('does not let the world reach a pod’s address', async () => {
    const { ip, node } = somePod()
    await run('ip', ['route', 'replace', `${ip}/32`, 'via', lab.env.host(Number(node.slice(4)))])
    try {
      await expect(askFromOutside(`http://${ip}:8080/`)).rejects.toThrow()
    } finally {
      await run('ip', ['route', 'del', `${ip}/32`])
    }
  })
})

describe('names', () => {
  const lookUp = async (name: string) =>
    (await inPod(somePod(), 'getent', 'ahostsv4', name)).split('\n').flatMap(line => line.split(' ')[0] || [])

  it('finds a service by its short and its full name', async () => {
    for (const name of ['web', 'web.default', 'web.default.svc.cluster.local']) {
      expect(new Set(await lookUp(name))).toEqual(new Set([address]))
    }
    expect((await ask(somePod(), 'http://web/')).address).not.toBe('')
  })

  it('has one record a pod for a headless service, and a name for each', async () => {
    expect(new Set(await lookUp('peers'))).toEqual(new Set(pods.map(({ ip }) => ip)))
    const { ip } = somePod()
    expect(new Set(await lookUp(`${ip.replaceAll('.', '-')}.peers`))).toEqual(new Set([ip]))
  })

  it('follows an external name', async () => {
    expect(new Set(await lookUp('outside'))).toEqual(new Set([address]))
  })

  it('says which pod has an address, and where a named port is', async () => {
    expect(await query('_http._tcp.web.default.svc.cluster.local', 33)).toMatchObject({ code: 0, answers: 1 })
    expect(await query(`${address.split('.').reverse().join('.')}.in-addr.arpa`, 12)).toMatchObject({
      code: 0,
      answers: 1,
    })
    expect(await query('nothing.default.svc.cluster.local', 1)).toMatchObject({ code: 3, answers: 0 })
  })

  it('answers every query while names come and go, and shows the new ones', async () => {
    const asking = inPod(somePod(), 'python3', '-c', STEADY, gatewayOf(somePod().ip))
    for (let n = 0; n < 5; n++) {
      await cox.apply(
        `apiVersion: v1\nkind: Service\nmetadata: {name: new-${n}}\nspec: {ports: [{port: 80}]}\n`,
      )
      await waitFor('the new name', () => lookUp(`new-${n}.default.svc.cluster.local`))
    }
    expect(JSON.parse(await asking)).toMatchObject({ failed: 0 })
  })

  /** One question to the server's name server, by a few lines of Python in the pod. */
  async function query(name: string, type: number): Promise<{ code: number; answers: number }> {
    return JSON.parse(
      await inPod(somePod(), 'python3', '-c', QUERY, gatewayOf(somePod().ip), name, String(type)),
    ) as { code: number; answers: number }
  }
})

/** Has all servers linked in another way. */
async function linkBy(mode: string, servers = SERVERS): Promise<void> {
  await cox.apply(
    `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: network, namespace: coxswain-system}\ndata: {mode: ${mode}}\n`,
  )
  await waitFor('every server has it', async () => {
    const links = await Promise.all(servers.map(n => inSystem(n, 'cat', '/etc/coxswain/mesh/links')))
    return links.every(text => text.startsWith(`mode ${mode}\n`))
  })
}

describe.each(['vxlan', 'host-gw', 'wireguard'])('servers linked by %s', mode => {
  it('carry traffic between pods, and through a virtual address', async () => {
    await linkBy(mode)
    await waitFor('the links are up', () => everyPodReachesEveryPod().then(() => true))
    expect((await ask(somePod(), `http://${address}/`)).address).not.toBe('')
  })
})

describe('with the control plane gone', () => {
  it('a server that boots again has its pods, its virtual addresses and its names, and the others reach it', async () => {
    const together = ['one', 'two', 'three']
    await cox.apply(together.map(name => podOfThree(name, 2)).join('---\n'))
    const ready = together.map(name => `pod/${name}`)
    await cox.kubectl('wait', '--for=condition=Ready', ...ready, '--timeout=60s')
    await cox.kill()
    const target = pods.find(pod => numberOf(pod) === 2) ?? somePod()
    const other = pods.find(pod => numberOf(pod) === 1) ?? somePod()
    await lab.kill(2)
    await lab.boot(2)
    await waitFor(
      'its pod answers the others',
      async () => (await ask(other, `http://${target.ip}:8080/`)).address === target.ip,
      30_000,
    )
    await waitFor(
      'its rules are back',
      async () => (await inPod(target, 'curl', '-sS', '--max-time', '2', `http://${address}/`)) !== '',
      30_000,
    )
    expect(await inPod(target, 'getent', 'hosts', 'web')).toContain(address)
    await everyPodReachesEveryPod()
    // Docker starts all at once, and gives up on a container whose pod's pause container does not run yet
    await waitFor('every container of every pod', async () => {
      const states = await lab.docker(2, 'ps', '-a', '--format', '{{.Names}} {{.State}}')
      expect(states.split('\n').filter(line => line !== '' && !line.endsWith(' running'))).toEqual([])
      return true
    })
    await cox.start()
    await waitForReadyNodes(cox, 3)
    await cox.kubectl('delete', ...ready, '--timeout=60s')
  })
})

describe('a server that leaves', () => {
  /** Of all kinds of things that a pod, a policy and an Ingress put on a server. */
  async function useEverything(n: number): Promise<void> {
    await cox.apply(`${podOfThree(`last-${n}`, n)}  volumes: [{name: data, emptyDir: {}}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: some}
spec: {podSelector: {matchLabels: {app: web}}, ingress: [{from: [{podSelector: {}}]}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web}
spec: {defaultBackend: {service: {name: web, port: {number: 80}}}}
`)
    await cox.kubectl('wait', '--for=condition=Ready', `pod/last-${n}`, '--timeout=60s')
    await waitFor('its ingress', async () => (await inSystem(n, 'nft', 'list', 'tables')).includes('ingress'))
  }

  it('leaves nothing behind, and is no one’s peer any more', async () => {
    await useEverything(3)
    expect(await traces(3)).not.toEqual(before.get(3))
    await cox.kubectl('delete', 'server', 'lab-3', '--timeout=60s')
    expect(await traces(3)).toEqual(before.get(3))
    await waitFor('the others have no route to it', async () => {
      const routes = await Promise.all([1, 2].map(n => lab.exec(n, 'ip', 'route', 'show', 'proto', '201')))
      return routes.every(text => text.trim().split('\n').length === 1)
    })
  })

  it('leaves nothing behind when its network was away at first', async () => {
    await linkBy('vxlan', [1, 2])
    await useEverything(2)
    await lab.cut(2)
    await cox.kubectl('delete', 'server', 'lab-2', '--wait=false')
    await waitFor('it is being removed', async () =>
      (await cox.kubectl('get', 'server', 'lab-2', '-o', 'jsonpath={.metadata.deletionTimestamp}')).includes(
        ':',
      ),
    )
    await lab.heal(2)
    await cox.kubectl('wait', '--for=delete', 'server/lab-2', '--timeout=90s')
    expect(await traces(2)).toEqual(before.get(2))
  })

  it('leaves nothing behind when the control plane is killed meanwhile', async () => {
    await linkBy('host-gw', [1])
    await useEverything(1)
    await cox.kubectl('delete', 'server', 'lab-1', '--wait=false')
    await waitFor('its rules are gone', async () => {
      const tables = await lab.exec(1, 'nft', 'list', 'tables')
      return !tables.includes('coxswain')
    })
    await cox.kill()
    await cox.start()
    await waitFor(
      'it is gone',
      async () => !(await cox.kubectl('get', 'servers', '-o', 'name')).includes('lab-1'),
    )
    expect(await traces(1)).toEqual(before.get(1))
  })
})

function podOfThree(name: string, server: number): string {
  return `apiVersion: v1
kind: Pod
metadata: {name: ${name}}
spec:
  nodeName: lab-${server}
  terminationGracePeriodSeconds: 1
  containers:
  - {name: a, image: "${lab.env.base}", command: [tail, -f, /dev/null]}
  - {name: b, image: "${lab.env.base}", command: [tail, -f, /dev/null]}
  - {name: c, image: "${lab.env.base}", command: [tail, -f, /dev/null]}
`
}

function gatewayOf(ip: string): string {
  return ip.replace(/\d+$/, '1')
}

const QUERY = `
import socket, struct, sys
def ask(server, name, kind):
    labels = b''.join(bytes([len(part)]) + part.encode() for part in name.split('.')) + b'\\0'
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.settimeout(1)
    s.sendto(struct.pack('>HHHHHH', 7, 0x100, 1, 0, 0, 0) + labels + struct.pack('>HH', kind, 1), (server, 53))
    reply = s.recv(4096)
    return reply[3] & 15, struct.unpack('>H', reply[6:8])[0]
if __name__ == '__main__' and len(sys.argv) > 2:
    print('{"code": %d, "answers": %d}' % ask(sys.argv[1], sys.argv[2], int(sys.argv[3])))
`

/** Asks the same again and again for four seconds, and counts what was not answered well. */
const STEADY = `${QUERY}
import time
asked = failed = 0
end = time.time() + 4
while time.time() < end:
    asked += 1
    try:
        if ask(sys.argv[1], 'web.default.svc.cluster.local', 1)[1] != 1: failed += 1
    except OSError:
        failed += 1
    time.sleep(0.005)
print('{"asked": %d, "failed": %d}' % (asked, failed))
`
