import { writeAbuse } from './support/abuse.ts'
import { startApi, type ApiProcess } from './support/api-server.ts'
import { serveBytes } from './support/bare-server.ts'
import { startEtcd, type Etcd } from './support/etcd.ts'
import { printAim, printTable } from './support/figures.ts'
import { inParallel, Latencies } from './support/latencies.ts'
import { podPath } from './support/pod-document.ts'
import { type Contest, Contests } from './support/rounds.ts'
import { type ServerProcess, startServer } from './support/server-process.ts'
import { measureWatchers } from './support/watchers.ts'

export { serveStore } from './support/api-server.ts'
export { serveBytes } from './support/bare-server.ts'

const PODS = 30_000
const ROUNDS = 5
const READS = 2_000
const WRITES = 6_000
const CLIENTS = 50
/** Writes a second that leave the server some air: what a latency says under full load is how long the queue is. */
const STEADY = 1_000
const WATCHED = 300
const GET = 'GET, 1 client'
const BUNDLE = new URL('../../dist/bench/api.js', import.meta.url).href

/** GET, PATCH, list and watch with 30,000 pods in the store, beside etcd with objects of the same size. */
export async function run(): Promise<void> {
  const api = await startApi(BUNDLE, PODS)
  try {
    const { body } = await api.client.send('GET', podPath(0))
    const value = body.toString()
    console.log(
      `${PODS} pods of ${value.length} bytes; the server on its own process, over TLS, every write on disk`,
    )
    const etcd = await startEtcd()
    const bare = await startServer(BUNDLE, serveBytes.name, value.length)
    try {
      await compare(api, etcd, bare, value)
    } finally {
      await bare.stop()
      await etcd.stop()
    }
    await measureLists(api)
    await measureWatchers(api)
    await writeAbuse(api)
  } finally {
    await api.stop()
  }
}

/** GET and PATCH, in rounds in which the contenders take turns; then the watches. */
async function compare(api: ApiProcess, etcd: Etcd, bare: ServerProcess, value: string): Promise<void> {
  const patch = patcher(api)
  await inParallel(PODS, CLIENTS, index => etcd.put(podPath(index), value))
  await api.longestBlock()
  const contests = new Contests()
  const somewhere = (index: number) => podPath((index * 7919) % PODS)
  const loads = {
    one: { count: READS, clients: 1 },
    few: { count: 500, clients: 1 },
    many: { count: WRITES, clients: CLIENTS },
    steady: { count: WRITES / 2, clients: CLIENTS, perSecond: STEADY },
  }
  const writes = [
    ['1 client', loads.few],
    [`${CLIENTS} clients`, loads.many],
    [`${CLIENTS} clients, ${STEADY} a second`, loads.steady],
  ] as const
  let written = 0
  for (let round = 0; round <= ROUNDS; round++) {
    // In the first one all of them compile their code, and open their connections.
    const counts = round > 0
    await contests.round(GET, { server: api, ...loads.one }, counts, index =>
      api.client.send('GET', somewhere(index)),
    )
    await contests.round('the same from a bare server of Node', { server: bare, ...loads.one }, counts, () =>
      bare.client.send('GET', '/'),
    )
    await contests.round('etcd get, 1 client', { server: etcd, ...loads.one }, counts, index =>
      etcd.get(somewhere(index)),
    )
    for (const [clients, load] of writes) {
      await contests.round(`PATCH, ${clients}`, { server: api, ...load }, counts, index =>
        patch(somewhere(index), written++),
      )
      await contests.round(`etcd put, ${clients}`, { server: etcd, ...load }, counts, index =>
        etcd.put(somewhere(index), value),
      )
    }
  }
  contests.print()
  const seen = await watchLatencies(api)
  const seenOfEtcd = await etcdWatch(etcd, value)
  console.log()
  printTable(
    ['ms, from write to event read', 'p50', 'p99', 'max'],
    [
      ['watch', ...seen.cells()],
      ['etcd watch', ...seenOfEtcd.cells()],
    ],
  )
  const [, many, steady] = writes.map(([clients]) => contests.of(`PATCH, ${clients}`)) as [
    Contest,
    Contest,
    Contest,
  ]
  printAim('a single GET in less than 2 ms (p99)', contests.of(GET).at(0.99) < 2)
  printAim(`a durable PATCH in less than 15 ms (p99, at ${STEADY} a second)`, steady.at(0.99) < 15)
  printAim(`the same from ${CLIENTS} clients as fast as they can`, many.at(0.99) < 15)
  printAim('at least 2,000 durable PATCHes a second', many.rate >= 2_000)
  printAim('an event in less than 20 ms (p99)', seen.at(0.99) < 20)
  console.log(
    `${CLIENTS} clients that ask again at once are ${CLIENTS} requests in the queue: at ${many.rate.toFixed(0)} a second each of them takes ${((CLIENTS * 1000) / many.rate).toFixed(0)} ms on average`,
  )
  console.log(`longest block of the server's event loop: ${(await api.longestBlock()).toFixed(0)} ms`)
}

function patcher({ client }: ApiProcess) {
  const headers = { 'Content-Type': 'application/strategic-merge-patch+json' }
  return async (path: string, index: number) => {
    const body = JSON.stringify({ metadata: { annotations: { 'example.com/written': String(index) } } })
    const { code, body: answer } = await client.send('PATCH', path, body, headers)
    if (code !== 200) throw new Error(`PATCH was answered with ${code}: ${answer.toString()}`)
  }
}

/** One change after the other, each awaited at the watch. */
async function watchLatencies(api: ApiProcess): Promise<Latencies> {
  const latencies = new Latencies()
  const patch = patcher(api)
  const watching = api.anotherClient()
  const { body } = await api.client.send('GET', '/api/v1/namespaces/default/pods?limit=1')
  const { metadata } = JSON.parse(body.toString()) as { metadata: { resourceVersion: string } }
  const response = await watching.open(
    'GET',
    `/api/v1/pods?watch=1&resourceVersion=${metadata.resourceVersion}`,
  )
  const lines = linesOf(response)
  for (let index = 0; index < WATCHED; index++) {
    await latencies.measure(async () => {
      const written = patch(podPath(index), -1 - index)
      await lines.next()
      await written
    })
  }
  await lines.return(undefined)
  watching.close()
  return latencies
}

async function etcdWatch(etcd: Etcd, value: string): Promise<Latencies> {
  const latencies = new Latencies()
  let notify = () => {}
  await etcd.watch('/api/v1/', () => notify())
  for (let index = 0; index < WATCHED; index++) {
    await latencies.measure(async () => {
      const event = new Promise<void>(resolve => (notify = resolve))
      await Promise.all([etcd.put(podPath(index), value), event])
    })
  }
  return latencies
}

async function* linesOf(response: NodeJS.ReadableStream): AsyncGenerator<string> {
  let rest = ''
  for await (const chunk of response.setEncoding('utf8')) {
    const lines = (rest + String(chunk)).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
}

async function measureLists(api: ApiProcess): Promise<void> {
  const { client } = api
  const rows: string[][] = []
  const measure = async (what: string, path: string, count: number, headers: Record<string, string> = {}) => {
    const latencies = new Latencies()
    let bytes = 0
    for (let index = 0; index < count; index++) {
      bytes = (await latencies.measure(() => client.send('GET', path, undefined, headers))).body.length
    }
    rows.push([what, ...latencies.cells(), `${(bytes / 1e6).toFixed(1)} MB`])
    return latencies
  }
  const Accept = 'application/json;as=Table;v=v1;g=meta.k8s.io'
  await api.longestBlock()
  await measure('list of 500', '/api/v1/pods?limit=500', 50)
  await measure('list of 500 as a Table', '/api/v1/pods?limit=500', 50, { Accept })
  const whole = await measure('list of all', '/api/v1/pods', 5)
  await measure('list of all, gzip', '/api/v1/pods', 3, { 'Accept-Encoding': 'gzip' })
  await measure('list of all as a Table', '/api/v1/pods', 5, { Accept })
  await measure('list of one app, by label', '/api/v1/pods?labelSelector=app%3Dapp-7', 20)
  console.log()
  printTable(['ms', 'p50', 'p99', 'max', 'size'], rows)
  printAim('all 30,000 pods in less than 1.5 s', whole.at(0.99) < 1_500)
  console.log(`longest block of the server's event loop: ${(await api.longestBlock()).toFixed(0)} ms`)
}
