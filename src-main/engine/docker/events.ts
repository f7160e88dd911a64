import type { EngineEvent } from '../engine.ts'
import { EngineError } from '../engine.ts'
import type { DockerClient } from './client.ts'
import { toEngineError } from './errors.ts'
import { jsonLines } from './json-lines.ts'

/** One line of `GET /events`. */
interface DockerEvent {
  Type?: string
  Action?: string
  Actor?: { ID?: string; Attributes?: Record<string, string> }
  time?: number
  timeNano?: number
}

/** Docker's container actions that mean something to a kubelet; `exec_*`, `attach`, `top` and the like do not. */
const ACTIONS = new Set([
  'create',
  'start',
  'die',
  'oom',
  'kill',
  'stop',
  'destroy',
  'restart',
  'pause',
  'unpause',
])

/** How far back the stream begins: a caller that lists at the same moment misses nothing in between. */
const OVERLAP_SECONDS = 2

/** One Docker event in the port's words; undefined for what no one needs. */
export function toEngineEvent(event: DockerEvent): EngineEvent | undefined {
  const id = event.Actor?.ID
  if (id === undefined || event.Action === undefined) return undefined
  const at = event.timeNano === undefined ? (event.time ?? 0) * 1000 : Math.floor(event.timeNano / 1e6)
  if (event.Type === 'image') return { type: 'image', action: event.Action, id, at }
  if (event.Type !== 'container') return undefined
  const action = event.Action.startsWith('health_status') ? 'health' : event.Action
  if (action !== 'health' && !ACTIONS.has(action)) return undefined
  const attributes = event.Actor?.Attributes ?? {}
  return {
    type: 'container',
    action: action as (EngineEvent & { type: 'container' })['action'],
    id,
    labels: attributes,
    ...(action === 'die' ? { exitCode: Number(attributes.exitCode ?? 0) } : {}),
    at,
  }
}

/**
 * The engine's events from (a little before) the call on, not from the first read on: watch, then list, and no change
 * falls between the two. Events of the last two seconds may be among them.
 */
export function engineEvents(client: DockerClient, signal: AbortSignal): AsyncIterable<EngineEvent> {
  const opened = open(client, signal)
  opened.catch(() => undefined) // told to whoever reads; nobody may
  return read(opened, signal)
}

async function open(client: DockerClient, signal: AbortSignal) {
  const doing = "watch Docker's events"
  // by the server's own clock, which may differ from ours
  const info = await client.json<{ SystemTime?: string }>({ doing, path: '/info', signal })
  const now = Date.parse(info?.SystemTime ?? '')
  const since = Number.isNaN(now) ? undefined : (now / 1000 - OVERLAP_SECONDS).toFixed(3)
  return client.stream({
    doing,
    path: '/events',
    query: { filters: { type: ['container', 'image'] }, ...(since === undefined ? {} : { since }) },
    signal,
  })
}

async function* read(opened: ReturnType<typeof open>, signal: AbortSignal): AsyncGenerator<EngineEvent> {
  try {
    for await (const line of jsonLines<DockerEvent>(await opened)) {
      const event = toEngineEvent(line)
      if (event) yield event
    }
  } catch (error) {
    if (signal.aborted) return
    throw toEngineError(error, "watch Docker's events")
  }
  if (!signal.aborted) {
    throw new EngineError(
      'unreachable',
      'Docker ended its stream of events: it restarts, or the connection broke',
    )
  }
}
