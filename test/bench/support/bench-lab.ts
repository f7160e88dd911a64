import { once } from 'node:events'

// lab.ts reads it when it is first asked for anything
process.env.LAB_NAME = 'bench'
// and then refuses a second benchmark instead of letting it pull the servers from under this one
process.env.LAB_OWNER = String(process.pid)

const { lab, waitFor } = await import('../../integration/lab.ts')

export { lab, waitFor }

export const SERVERS = [1, 2, 3] as const
/** Engines that were started a moment ago are still busy with themselves. */
const SETTLE_MS = 3_000

const atEnd = new Set<() => Promise<unknown>>()

/** Has `end` called when the benchmark ends, however it ends. @returns what takes that back, once it has been done */
export function endLater(end: () => Promise<unknown>): () => void {
  atEnd.add(end)
  return () => atEnd.delete(end)
}

/** Runs `measure` on a lab of its own. Nothing is left of it afterwards, also when the process is told to end. */
export async function withLab(measure: () => Promise<void>): Promise<void> {
  const listening = new AbortController()
  const { signal } = listening
  const broken = ['SIGINT', 'SIGTERM', 'uncaughtException'].map(async event => {
    const [reason] = await once(process, event, { signal })
    throw reason instanceof Error ? reason : new Error(`ended by ${event}`)
  })
  try {
    await lab.up(SERVERS.length)
    await Promise.race([measure(), ...broken])
  } finally {
    await Promise.allSettled([...atEnd].map(end => end()))
    await lab.down()
    listening.abort()
    await Promise.allSettled(broken)
  }
}

/** Freshly installed servers with nothing on them but images, at rest. */
export async function freshServers(): Promise<void> {
  await lab.reset(SERVERS.length)
  await pause(SETTLE_MS)
}

export function pause(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms))
}
