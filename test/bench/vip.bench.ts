import { KubeConfig, DiscoveryV1Api, CoreV1Api } from '@kubernetes/client-node'
import { podsOf, type PodView } from '../integration/support/cluster.ts'
import type { Cox } from '../integration/support/cox.ts'
import { lab, pause, SERVERS, waitFor, withLab } from './support/bench-lab.ts'
import { image, withCoxswain } from './support/coxswain.ts'
import { cpuSeconds } from './support/cpu-seconds.ts'
import { medianOf, printAim, printTable } from './support/figures.ts'
import { inParallel } from './support/latencies.ts'
import { LOAD, WATCH } from './support/load.ts'

const ROUNDS = 6
const SECONDS = 2
const RATIO_AIM = 0.95
const SERVICES = 1_000
const ENDPOINTS = 10
const CHANGES = 15
const CHANGE_AIM_MS = 1_000

interface Load {
  /** Requests a second. */
  rate: number
  /** The time in ms that 99 of 100 requests do not exceed. */
  p99: number
}

/** Requests through a virtual address beside those straight to the pod, and how soon a change is in force. */
export async function run(): Promise<void> {
  await withLab(() =>
    withCoxswain(async ({ cox }) => {
      const pods = await startPods(cox)
      await compare(cox, pods)
      await changeAmongMany(cox, pods)
    }),
  )
}

/** One pod on each of the first two servers, each behind a Service of its own, and a client on the first. */
async function startPods(cox: Cox): Promise<{ client: PodView; near: PodView; far: PodView }> {
  const places = { client: 1, near: 1, far: 2 }
  await cox.apply(
    Object.entries(places)
      .map(
        ([name, server]) => `apiVersion: v1
kind: Pod
metadata: {name: ${name}, labels: {app: ${name}}}
spec:
  nodeName: lab-${server}
  containers: [{name: web, image: "${image('1')}"}]
---
apiVersion: v1
kind: Service
metadata: {name: ${name}}
spec: {selector: {app: ${name}}, ports: [{port: 80, targetPort: 8080}]}
`,
      )
      .join('---\n'),
  )
  await cox.kubectl('wait', 'pod', '--all', '--for=condition=Ready', '--timeout=120s')
  const [client, near, far] = await Promise.all(
    Object.keys(places).map(async name => (await podsOf(cox, `app=${name}`))[0]),
  )
  if (!client || !near || !far) throw new Error('a pod is missing')
  return { client, near, far }
}

/** From the network of a pod, by a program of this machine. @returns in the order of the addresses */
async function loadFrom(pod: PodView, addresses: string[], keepAlive: boolean): Promise<Load[]> {
  const server = Number(pod.node.slice('lab-'.length))
  const id = pod.containerId.replace('docker://', '')
  const pid = (await lab.docker(server, 'inspect', '--format', '{{.State.Pid}}', id)).trim()
  const program = ['node', '-e', LOAD, addresses.join(), String(SECONDS), String(keepAlive)]
  return JSON.parse(await lab.exec(server, 'nsenter', '-t', pid, '-n', ...program)) as Load[]
}

async function compare(
  cox: Cox,
  { client, near, far }: { client: PodView; near: PodView; far: PodView },
): Promise<void> {
  const rows: string[][] = []
  let worst = Infinity
  for (const [place, pod] of [
    ['same server', near],
    ['another server', far],
  ] as const) {
    const virtual = await cox.kubectl('get', 'service', pod.name, '-o', 'jsonpath={.spec.clusterIP}')
    // the rules follow the pod's readiness
    await waitFor('an answer', () => loadFrom(client, [`${virtual}:80`], false))
    for (const keepAlive of [true, false]) {
      const direct: Load[] = []
      const through: Load[] = []
      const addresses = [`${pod.ip}:8080`, `${virtual}:80`]
      // the first one is not counted: it warms up
      for (let round = 0; round <= ROUNDS; round++) {
        // in turns, either is the first of each pair of connections
        const turned = round % 2 === 1
        const loads = await loadFrom(client, turned ? addresses.toReversed() : addresses, keepAlive)
        const [one, other] = turned ? loads.toReversed() : loads
        if (!one || !other || round === 0) continue
        direct.push(one)
        through.push(other)
      }
      const ratios = through.map(({ rate }, round) => rate / (direct[round]?.rate ?? NaN))
      const ratio = medianOf(ratios)
      worst = Math.min(worst, ratio)
      const median = (list: Load[], of: keyof Load) => medianOf(list.map(load => load[of]))
      rows.push([
        `${place}, ${keepAlive ? 'kept connections' : 'a connection each'}`,
        median(direct, 'rate').toFixed(0),
        median(through, 'rate').toFixed(0),
        ratio.toFixed(3),
        median(direct, 'p99').toFixed(2),
        median(through, 'p99').toFixed(2),
        ratios.map(value => value.toFixed(2)).join(' '),
      ])
    }
  }
  console.log(`\nrequests from a pod, 8 at a time to each at once, medians of ${ROUNDS} runs of ${SECONDS} s`)
  printTable(['', 'to the pod/s', 'virtual/s', 'ratio', 'p99 ms', 'virtual', 'ratios of the runs'], rows)
  printAim(`at least ${RATIO_AIM} × the requests straight to the pod`, worst >= RATIO_AIM)
}

/** How long the creation's last rules may take, and a watch until it asks. */
const SETTLE_MS = 10_000
const WATCH_STARTS_MS = 2_000

/** A Service leads from one pod to another, among 1,000 of 10 endpoints: when does each server's own client see it? */
async function changeAmongMany(cox: Cox, { near, far }: { near: PodView; far: PodView }): Promise<void> {
  const config = new KubeConfig()
  config.loadFromFile(cox.kubeconfig)
  const core = config.makeApiClient(CoreV1Api)
  const discovery = config.makeApiClient(DiscoveryV1Api)
  const namespace = 'default'
  const usedBefore = await cpuSeconds(cox.pid())
  const rate = await inParallel(SERVICES, 16, async n => {
    const name = `many-${n}`
    await core.createNamespacedService({
      namespace,
      body: { metadata: { name }, spec: { ports: [{ name: 'p', port: 80, targetPort: 8080 }] } },
    })
    const fakes = Array.from({ length: ENDPOINTS }, (_, pod) => `10.244.${pod % 3}.${50 + ((n + pod) % 200)}`)
    await discovery.createNamespacedEndpointSlice({ namespace, body: sliceOf(name, fakes) })
  })
  const used = (await cpuSeconds(cox.pid())) - usedBefore
  console.log(
    `\n${SERVICES} services of ${ENDPOINTS} endpoints created at ${rate.toFixed(0)} a second, ` +
      `${((used * 1000) / SERVICES).toFixed(0)} ms of processor time each`,
  )
  await core.createNamespacedService({
    namespace,
    body: { metadata: { name: 'probed' }, spec: { ports: [{ name: 'p', port: 80, targetPort: 8080 }] } },
  })
  const slice = sliceOf('probed', [near.ip])
  await discovery.createNamespacedEndpointSlice({ namespace, body: slice })
  const address = await waitFor('the address of the service', () =>
    cox.kubectl('get', 'service', 'probed', '-o', 'jsonpath={.spec.clusterIP}'),
  )
  const ms: number[] = []
  await pause(SETTLE_MS)
  const changing = await cpuSeconds(cox.pid())
  for (let change = 0; change < CHANGES; change++) {
    const [from, to] = change % 2 ? [far, near] : [near, far]
    const watches = SERVERS.map(n => lab.exec(n, 'node', '-e', WATCH, `${address}:80`, from.ip, to.ip))
    await Promise.race([Promise.all(watches), pause(WATCH_STARTS_MS)])
    const changed = Date.now()
    await discovery.patchNamespacedEndpointSlice({
      name: 'probed',
      namespace,
      body: [{ op: 'replace', path: '/endpoints/0/addresses/0', value: to.ip }],
    })
    for (const seen of await Promise.all(watches)) ms.push(Number(seen) - changed)
  }
  const each = ((await cpuSeconds(cox.pid())) - changing) / CHANGES
  const worst = Math.max(...ms)
  console.log(
    `a change among ${SERVICES} services of ${ENDPOINTS} endpoints is in force on a server after ` +
      `${medianOf(ms).toFixed(0)} ms (median), ${worst} ms (the slowest of ${ms.length}); ` +
      `${(each * 1000).toFixed(0)} ms of processor time, heartbeats included`,
  )
  printAim(`under ${CHANGE_AIM_MS} ms a server`, medianOf(ms) < CHANGE_AIM_MS)
}

function sliceOf(service: string, addresses: string[]) {
  return {
    metadata: { name: service, labels: { 'kubernetes.io/service-name': service } },
    addressType: 'IPv4',
    ports: [{ name: 'p', port: 8080, protocol: 'TCP' }],
    endpoints: addresses.map(address => ({ addresses: [address], conditions: { ready: true } })),
  }
}
