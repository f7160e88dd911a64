import fc from 'fast-check'
import { attacks, deployment } from '../../unit/api/http/attacks.ts'
import { randomRequests, type Swagger } from '../../unit/api/http/random-requests.ts'
import type { ApiProcess } from './api-server.ts'
import { printAim, printTable } from './figures.ts'
import type { Answer } from './http-client.ts'

const PATH = '/api/v1/namespaces/default/configmaps'
const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments'
const LONGEST_BLOCK_MS = 100
const RANDOM_REQUESTS = 10_000

/** Made when they are asked for first, of every kind that there is. */
const DOCUMENTS = [
  ['the first OpenAPI 2 document', '/openapi/v2', 'application/json'],
  ['the first one as protobuf', '/openapi/v2', 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf'],
  ['the first OpenAPI 3 documents', '/openapi/v3', 'application/json'],
] as const

/**
 * What hostile requests, and those for large documents, cost everybody else: the longest time that the server does
 * nothing but answer one of them.
 */
export async function writeAbuse(api: ApiProcess): Promise<void> {
  await api.client.send('POST', DEPLOYMENTS, deployment(1, 'abused'))
  const rows: string[][] = []
  let worst = 0
  let failures = 0
  const measure = async (what: string, send: () => Promise<Answer>) => {
    await api.longestBlock()
    const start = performance.now()
    // a server that answers and hangs up before it has read 100 MB is in its right
    const code = await send().then(
      answer => answer.code,
      (error: NodeJS.ErrnoException) => error.code ?? 'broken off',
    )
    const took = performance.now() - start
    const blocked = await api.longestBlock()
    worst = Math.max(worst, blocked)
    if (Number(code) >= 500) failures++
    rows.push([what, String(code), took.toFixed(0), blocked.toFixed(0)])
  }
  for (const [what, path, Accept] of DOCUMENTS) {
    await measure(what, () => api.client.send('GET', path, undefined, { Accept }))
  }
  for (const {
    what,
    method = 'POST',
    path = PATH,
    type = 'application/json',
    headers: more,
    body,
  } of attacks) {
    const bytes = body()
    const headers = { 'Content-Type': type, ...more }
    await measure(what, () => api.client.send(method, path, bytes || undefined, headers))
  }
  const random = await sendRandom(api)
  rows.push([
    `${RANDOM_REQUESTS} random requests`,
    random.codes,
    random.ms.toFixed(0),
    random.blocked.toFixed(0),
  ])
  console.log()
  printTable(['', 'answer', 'ms', 'event loop blocked for ms'], rows)
  printAim('no answer is a 5xx', failures + random.failures === 0)
  printAim(
    `the event loop is never blocked for more than ${LONGEST_BLOCK_MS} ms`,
    Math.max(worst, random.blocked) <= LONGEST_BLOCK_MS,
  )
}

/** Requests from the served OpenAPI document, most of them broken somewhere. A seed that finds something is printed. */
async function sendRandom({ client, longestBlock }: ApiProcess) {
  const { body } = await client.send('GET', '/openapi/v2', undefined, { Accept: 'application/json' })
  const counts = new Map<string, number>()
  let failures = 0
  await longestBlock()
  const start = performance.now()
  const property = fc.asyncProperty(
    randomRequests(JSON.parse(body.toString()) as Swagger),
    async ({ method, path, headers, body }) => {
      const response = await client.open(method, path, body, headers)
      const code = response.statusCode ?? 0
      // a watch would go on; what has ended leaves its connection to the next one
      if (code === 200 && /[?&](watch|follow)=/.test(path)) response.destroy()
      else await new Promise(resolve => response.resume().on('close', resolve))
      const group = `${Math.floor(code / 100)}xx`
      counts.set(group, (counts.get(group) ?? 0) + 1)
      if (code >= 500) failures++
      return code < 500
    },
  )
  const { failed, seed, counterexample } = await fc.check(property, { numRuns: RANDOM_REQUESTS })
  if (failed) console.log(`seed ${seed}: ${JSON.stringify(counterexample)}`)
  const codes = [...counts].map(([group, count]) => `${group}: ${count}`).sort()
  return { codes: codes.join(', '), ms: performance.now() - start, failures, blocked: await longestBlock() }
}
