import { Agent, get } from 'node:http'

export interface Failure {
  /** Ms since the epoch when it began, and when it had failed. */
  at: number
  until: number
  url: string
  words: string
}

export interface Steady {
  asked(): number
  failures: readonly Failure[]
  /** The longest that an answer took, in ms, of those that began since then. */
  slowest(since: number): number
  stop(): Promise<void>
}

const PAUSE_MS = 10
const TIMEOUT_MS = 15_000

/**
 * Asks again and again, on connections that are kept, as browsers and proxies keep them. Every request counts that gets
 * no answer or another one than 200: nothing is tried twice.
 */
export function askSteadily(addresses: readonly string[], host: string, workers = 2): Steady {
  const failures: Failure[] = []
  const slow: { at: number; took: number }[] = []
  let asked = 0
  let stopped = false
  const work = async (address: string): Promise<void> => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    while (!stopped) {
      const at = Date.now()
      const url = `http://${address}/`
      const words = await askOnce(url, host, agent)
      asked++
      if (words !== undefined) failures.push({ at, until: Date.now(), url, words })
      else slow.push({ at, took: Date.now() - at })
      await new Promise(resolve => setTimeout(resolve, PAUSE_MS))
    }
    agent.destroy()
  }
  const running = addresses.flatMap(address => Array.from({ length: workers }, () => work(address)))
  return {
    asked: () => asked,
    failures,
    slowest: since => Math.max(0, ...slow.filter(({ at }) => at >= since).map(({ took }) => took)),
    async stop() {
      stopped = true
      await Promise.all(running)
    },
  }
}

/** @returns what went wrong */
function askOnce(url: string, host: string, agent: Agent): Promise<string | undefined> {
  return new Promise(resolve => {
    const request = get(url, { agent, headers: { host }, timeout: TIMEOUT_MS }, response => {
      response
        .on('error', error => resolve(String(error)))
        .on('end', () => resolve(response.statusCode === 200 ? undefined : `status ${response.statusCode}`))
        .resume()
    })
    request.on('timeout', () => request.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`)))
    request.on('error', error => resolve(String(error)))
  })
}
