import type { ApiProcess } from './api-server.ts'
import { printAim } from './figures.ts'
import { Latencies } from './latencies.ts'
import { pause } from './pause.ts'

const WATCHERS = 1_000
const PER_SECOND = 100
const SECONDS = 10
const PATH = '/api/v1/namespaces/default/configmaps'
/** What a server may keep of clients that have left: buffers that its allocator has not given back. */
const FORGOTTEN_BYTES = 64 * 2 ** 20

/** 1,000 watchers of one kind while it changes 100 times a second, and a slow one among them. */
export async function measureWatchers(api: ApiProcess): Promise<void> {
  const before = await api.memory()
  const { body } = await api.client.send('GET', `${PATH}?limit=1`)
  const { metadata } = JSON.parse(body.toString()) as { metadata: { resourceVersion: string } }
  const client = api.anotherClient()
  const sentAt = new Map<string, number>()
  const latencies = new Latencies()
  const seen = Array.from({ length: WATCHERS }, () => new Set<string>())
  let wrong = 0
  const open = () => client.open('GET', `${PATH}?watch=1&resourceVersion=${metadata.resourceVersion}`)
  const responses = await Promise.all(Array.from({ length: WATCHERS }, open))
  // nobody reads what it is sent
  const slow = await open()
  responses.forEach((response, watcher) => {
    response.setEncoding('utf8')
    const numbers = seen[watcher] as Set<string>
    let rest = ''
    let last = 0
    response.on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        const number = /"n":"(\d+)"/.exec(line)?.[1] ?? ''
        const revision = Number(/"resourceVersion":"(\d+)"/.exec(line)?.[1])
        if (numbers.has(number) || revision <= last) wrong++
        numbers.add(number)
        last = revision
        latencies.add(performance.now() - (sentAt.get(number) ?? NaN))
      }
    })
  })
  await api.longestBlock()
  const headers = { 'Content-Type': 'application/merge-patch+json' }
  await api.client.send('POST', PATH, JSON.stringify({ metadata: { name: 'watched' }, data: { n: '0' } }))
  sentAt.set('0', performance.now())
  const cpuBefore = { server: await api.cpuSeconds(), own: process.cpuUsage() }
  const start = performance.now()
  const writes: Promise<unknown>[] = []
  for (let n = 1; n < PER_SECOND * SECONDS; n++) {
    await pause(start + (n * 1000) / PER_SECOND - performance.now())
    sentAt.set(String(n), performance.now())
    writes.push(
      api.client.send('PATCH', `${PATH}/watched`, JSON.stringify({ data: { n: String(n) } }), headers),
    )
  }
  await Promise.all(writes)
  const took = (performance.now() - start) / 1000
  const all = PER_SECOND * SECONDS
  for (let wait = 0; wait < 100 && seen.some(({ size }) => size < all); wait++) await pause(100)
  const server = (await api.cpuSeconds()) - cpuBefore.server
  const { user, system } = process.cpuUsage(cpuBefore.own)
  const each = (seconds: number) => `${((seconds * 1e6) / (WATCHERS * all)).toFixed(1)} µs`
  const missing = seen.filter(({ size }) => size !== all).length
  console.log(
    `\n${WATCHERS} watchers (all read by this one process), ${all} changes in ${took.toFixed(1)} s: ` +
      `an event is read after ${latencies.at(0.5).toFixed(0)} ms (p50), ${latencies.at(0.99).toFixed(0)} ms (p99)`,
  )
  console.log(
    `processor time for one event to one watcher: ${each(server)} in the server, ${each((user + system) / 1e6)} here`,
  )
  printAim(`${PER_SECOND} changes a second`, took < SECONDS * 1.05)
  printAim('every watcher sees every event once, in order', wrong === 0 && missing === 0)
  console.log(`longest block of the server's event loop: ${(await api.longestBlock()).toFixed(0)} ms`)
  slow.destroy()
  for (const response of responses) response.destroy()
  client.close()
  await pause(1_000)
  const grown = (await api.memory()) - before
  console.log(
    `memory of the server after they have left: ${(grown / 2 ** 20).toFixed(0)} MiB more than before`,
  )
  printAim('clients that leave free their memory', grown < FORGOTTEN_BYTES)
}
