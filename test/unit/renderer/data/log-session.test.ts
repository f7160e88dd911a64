import { expect, test } from 'vitest'
import type { Pod } from '../../../../src-main/api/types.ts'
import { ApiError } from '../../../../src-renderer/api/api-error.ts'
import type { ApiClient } from '../../../../src-renderer/api/client.ts'
import type {
  StreamOptions,
  WatchEvent,
  WatchTransport,
} from '../../../../src-renderer/api/watch-transport.ts'
import { append } from '../../../../src-renderer/composables/use-log-session.ts'
import { Hub } from '../../../../src-renderer/data/hub.ts'
import { LogSession, type LogLine, type LogSource } from '../../../../src-renderer/data/log-session.ts'
import { ManualTimers } from '../manual-timers.ts'
import { object } from '../object.ts'

/** A stream that is silent until the test ends it. */
const HOLD = Symbol('hold')
type Script = (string | ApiError | typeof HOLD)[]

/** Each opening of a pod's log takes the next script of that pod; after the last one logs stay open and silent. */
class FakeLogs implements WatchTransport {
  readonly connections = 5
  readonly opened: string[] = []
  readonly scripts: Record<string, Script[]> = {}
  end: () => void = () => undefined

  async *watch(_path: string, { signal }: StreamOptions): AsyncGenerator<WatchEvent> {
    await untilAborted(signal)
  }

  async *lines(path: string, { signal, onOpen }: StreamOptions): AsyncGenerator<string> {
    this.opened.push(path)
    const pod = /pods\/([^/]+)\/log/.exec(path)?.[1] ?? ''
    const script = this.scripts[pod]?.shift()
    onOpen?.()
    for (const step of script ?? []) {
      if (step instanceof ApiError) throw step
      if (step === HOLD) await new Promise<void>(resolve => (this.end = resolve))
      else yield step
    }
    if (!script) await untilAborted(signal)
  }
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise(resolve => signal.addEventListener('abort', () => resolve()))
}

const pod = (name: string, state: object, version = '1') =>
  object<Pod>('Pod', name, {
    metadata: { namespace: 'shop', resourceVersion: version },
    spec: { containers: [{ name: 'web' }] },
    status: { containerStatuses: [{ name: 'web', state }] },
  })

function setUp(pods: Pod[], scripts: Record<string, Script[]>) {
  const logs = new FakeLogs()
  Object.assign(logs.scripts, scripts)
  const timers = new ManualTimers()
  const hub = new Hub({ client: {} as ApiClient, transport: logs, timers, random: () => 0 })
  const { cache } = hub.collection<Pod>('pods')
  cache.replace(pods)
  const lines: LogLine[] = []
  let sources: LogSource[] = []
  const session = new LogSession({
    hub,
    timers,
    random: () => 0,
    pods: () => [...cache.values()],
    container: 'web',
    previous: false,
    tailLines: 100,
    onLines: fresh => lines.push(...fresh),
    onSources: next => (sources = next),
  })
  return { logs, timers, cache, lines, session, sources: () => sources, end: () => logs.end() }
}

const at = (second: number, text: string) => `2026-01-01T00:00:0${second}.000000000Z ${text}`

test('reads all pods in one stream, with their names', async () => {
  const { timers, lines } = setUp([pod('a', { running: {} }), pod('b', { running: {} })], {
    a: [[at(1, 'from a')]],
    b: [[at(2, 'from b')]],
  })
  await timers.pass(100)
  expect(append([], lines).map(({ pod: name, text }) => [name, text])).toEqual([
    ['a', 'from a'],
    ['b', 'from b'],
  ])
})

test('a broken connection goes on after the last line, and shows none twice', async () => {
  const lost = new ApiError({ code: 0 })
  const { timers, lines, logs } = setUp([pod('a', { running: {} })], {
    a: [
      [at(1, 'one'), at(2, 'two'), lost],
      [at(2, 'two'), at(3, 'three')],
    ],
  })
  await timers.pass(5_000)
  expect(lines.map(line => line.text)).toEqual(['one', 'two', 'three'])
  expect(new URLSearchParams(logs.opened[1]?.split('?')[1]).get('sinceTime')).toBe(at(2, '').trim())
})

test('lines of one moment, or of a clock that was set back, are all shown', async () => {
  const { timers, lines } = setUp([pod('a', { running: {} })], {
    a: [[at(5, 'one'), at(5, 'two'), at(3, 'earlier')]],
  })
  await timers.pass(1_000)
  expect(lines.map(line => line.text)).toEqual(['one', 'two', 'earlier'])
})

test('a stream that goes on leaves out what was shown, and nothing after that', async () => {
  const lost = new ApiError({ code: 0 })
  const { timers, lines } = setUp([pod('a', { running: {} })], {
    a: [
      [at(1, 'one'), at(2, 'two'), lost],
      [at(1, 'one'), at(2, 'two'), at(4, 'three'), at(2, 'set back'), at(4, 'three again')],
    ],
  })
  await timers.pass(5_000)
  expect(lines.map(line => line.text)).toEqual(['one', 'two', 'three', 'set back', 'three again'])
})

test('a container that runs again before its old stream ends is followed again', async () => {
  const { timers, cache, logs, sources, end } = setUp(
    [pod('a', { running: { startedAt: '2026-01-01T00:00:00Z' } })],
    { a: [[at(1, 'bye'), HOLD]] },
  )
  await timers.pass(0)
  cache.apply({ upserted: [pod('a', { running: { startedAt: '2026-01-01T00:00:09Z' } }, '2')], removed: [] })
  await timers.pass(0)
  expect(logs.opened).toHaveLength(1)
  end()
  await timers.pass(0)
  expect([logs.opened.length, sources()[0]?.phase]).toEqual([2, 'open'])
})

test('a stream that ends while its container runs on is not opened again and again', async () => {
  const { timers, logs, sources } = setUp([pod('a', { running: { startedAt: '2026-01-01T00:00:00Z' } })], {
    a: [[at(1, 'bye')]],
  })
  await timers.pass(60_000)
  expect([logs.opened.length, sources()[0]?.phase]).toEqual([1, 'ended'])
})

test('a container that has not started is not asked; once it runs, it is', async () => {
  const { timers, cache, logs, sources } = setUp([pod('a', { waiting: { reason: 'Pulling' } })], {})
  await timers.pass(1_000)
  expect([logs.opened.length, sources()[0]?.phase]).toEqual([0, 'waiting'])
  cache.apply({ upserted: [pod('a', { running: {} }, '2')], removed: [] })
  await timers.pass(0)
  expect([logs.opened.length, sources()[0]?.phase]).toEqual([1, 'open'])
})

test('a container that ended is followed again when it runs again, and is not asked meanwhile', async () => {
  const { timers, cache, logs, sources } = setUp([pod('a', { running: {} })], { a: [[at(1, 'bye')]] })
  await timers.pass(0)
  cache.apply({ upserted: [pod('a', { terminated: { exitCode: 1 } }, '2')], removed: [] })
  await timers.pass(60_000)
  expect([logs.opened.length, sources()[0]?.phase]).toEqual([1, 'ended'])
  cache.apply({ upserted: [pod('a', { running: {} }, '3')], removed: [] })
  await timers.pass(0)
  expect(logs.opened.length).toBe(2)
})

test('a refusal is told and not repeated', async () => {
  const no = new ApiError({ code: 400, message: 'no previous run' })
  const { timers, logs, sources } = setUp([pod('a', { running: {} })], { a: [[no]] })
  await timers.pass(60_000)
  expect(logs.opened).toHaveLength(1)
  expect(sources()[0]).toMatchObject({ phase: 'failed', error: { message: 'no previous run' } })
})

test('after the end of a session nothing is read any more', async () => {
  const { timers, cache, logs, session } = setUp([], {})
  session.stop()
  cache.apply({ upserted: [pod('late', { running: {} })], removed: [] })
  await timers.pass(1_000)
  expect(logs.opened).toEqual([])
})

test('lines of several pods are put in the order of their times', () => {
  const line = (id: number, time: string): LogLine => ({ id, time, pod: 'p', text: time })
  const shown = append([line(0, '1'), line(1, '5')], [line(2, '6'), line(3, '4')])
  expect(shown.map(entry => entry.time)).toEqual(['1', '4', '5', '6'])
})
