import { expect, test } from 'vitest'
import { ApiError } from '../../../../src-renderer/api/api-error.ts'
import type { ApiClient, RequestOptions } from '../../../../src-renderer/api/client.ts'
import { resources } from '../../../../src-renderer/api/resources.ts'
import type {
  StreamOptions,
  WatchEvent,
  WatchTransport,
} from '../../../../src-renderer/api/watch-transport.ts'
import { ListWatch, type ListWatchState } from '../../../../src-renderer/data/list-watch.ts'
import { ObjectCache } from '../../../../src-renderer/data/object-cache.ts'
import { ManualTimers } from '../manual-timers.ts'
import { object } from '../object.ts'

/** An API of one kind whose watches the test writes to. */
class FakeApi implements WatchTransport {
  readonly connections = 5
  readonly lists: { items: string[]; version: string }[] = []
  readonly watched: string[] = []
  requests: RequestOptions[] = []
  listError: ApiError | undefined
  #send: ((event: WatchEvent | 'end' | ApiError) => void) | undefined

  readonly client = {
    get: (_path: string, options: RequestOptions = {}) => {
      this.requests.push(options)
      if (this.listError) return Promise.reject(this.listError)
      const { items, version } = this.lists[0] ?? { items: [], version: '1' }
      return Promise.resolve({
        metadata: { resourceVersion: version },
        items: items.map(name => object('Pod', name)),
      })
    },
  } as unknown as ApiClient

  async *watch(path: string, { signal, onOpen }: StreamOptions): AsyncGenerator<WatchEvent> {
    this.watched.push(new URLSearchParams(path.split('?')[1]).get('resourceVersion') ?? '')
    const queue: (WatchEvent | 'end' | ApiError)[] = []
    let wake = () => undefined as void
    this.#send = event => {
      queue.push(event)
      wake()
    }
    signal.addEventListener('abort', () => this.#send?.('end'))
    onOpen?.()
    for (;;) {
      const event = queue.shift()
      if (event === undefined) await new Promise<void>(resolve => (wake = resolve))
      else if (event === 'end') return
      else if (event instanceof ApiError) throw event
      else yield event
    }
  }

  async *lines(): AsyncGenerator<string> {
    throw new Error('no logs here')
  }

  send(event: WatchEvent | 'end' | ApiError): void {
    this.#send?.(event)
  }
}

function setUp() {
  const api = new FakeApi()
  const timers = new ManualTimers()
  const cache = new ObjectCache()
  const states: ListWatchState[] = []
  const listWatch = new ListWatch(resources.pods, cache, {
    client: api.client,
    transport: api,
    timers,
    random: () => 0,
    onState: state => states.push(state),
  })
  const names = () => [...cache.values()].map(pod => pod.metadata.name).sort()
  return { api, timers, cache, states, listWatch, names }
}

const event = (type: 'ADDED' | 'MODIFIED' | 'DELETED', name: string, version: string): WatchEvent => ({
  type,
  object: object('Pod', name, { metadata: { resourceVersion: version } }),
})

test('lists, watches from the version of the list, and applies what comes', async () => {
  const { api, timers, listWatch, names } = setUp()
  api.lists.push({ items: ['a', 'b'], version: '10' })
  listWatch.start()
  await timers.pass(0)
  expect(names()).toEqual(['a', 'b'])
  expect(api.watched).toEqual(['10'])
  api.send(event('ADDED', 'c', '11'))
  api.send(event('DELETED', 'a', '12'))
  await timers.pass(100)
  expect(names()).toEqual(['b', 'c'])
})

test('a watch that breaks goes on where it was, without a new list, and says so meanwhile', async () => {
  const { api, timers, listWatch, states } = setUp()
  listWatch.start()
  await timers.pass(0)
  api.send(event('ADDED', 'a', '7'))
  await timers.pass(100)
  api.send(new ApiError({ code: 0, message: 'lost' }))
  await timers.pass(0)
  expect(states.at(-1)).toMatchObject({ phase: 'retrying', synced: true })
  await timers.pass(10_000)
  expect(api.watched).toEqual(['1', '7'])
  expect(api.requests).toHaveLength(1)
  expect(states.at(-1)).toMatchObject({ phase: 'live', error: undefined })
})

test('410 Gone lists again and forgets what is gone', async () => {
  const { api, timers, listWatch, names } = setUp()
  api.lists.push({ items: ['a', 'b'], version: '10' })
  listWatch.start()
  await timers.pass(0)
  api.lists[0] = { items: ['b'], version: '90' }
  api.send({ type: 'ERROR', object: { code: 410, reason: 'Expired' } })
  await timers.pass(0)
  expect(names()).toEqual(['b'])
  expect(api.watched).toEqual(['10', '90'])
})

test('an event that came just before the connection broke is not lost', async () => {
  const { api, timers, listWatch, names } = setUp()
  listWatch.start()
  await timers.pass(0)
  api.send(event('ADDED', 'first', '4'))
  await timers.pass(50)
  api.send(event('ADDED', 'last', '5'))
  api.send(new ApiError({ code: 0 }))
  await timers.pass(10_000)
  expect(names()).toEqual(['first', 'last'])
  expect(api.watched.at(-1)).toBe('5')
})

test('a bookmark moves the place where the next watch begins', async () => {
  const { api, timers, listWatch } = setUp()
  listWatch.start()
  await timers.pass(0)
  api.send({ type: 'BOOKMARK', object: object('Pod', '', { metadata: { resourceVersion: '77' } }) })
  await timers.pass(0)
  api.send('end')
  await timers.pass(10_000)
  expect(api.watched).toEqual(['1', '77'])
})

test('after a stop a start goes on from the last version without a list', async () => {
  const { api, timers, listWatch, states } = setUp()
  listWatch.start()
  await timers.pass(0)
  listWatch.stop()
  await timers.pass(0)
  expect(states.at(-1)?.phase).toBe('idle')
  listWatch.start()
  await timers.pass(0)
  expect(api.requests).toHaveLength(1)
  expect(api.watched).toEqual(['1', '1'])
})

test('a list that fails is tried again, less and less often, and its error is told', async () => {
  const { api, timers, listWatch, states } = setUp()
  api.listError = new ApiError({ code: 500, message: 'broken' })
  listWatch.start()
  await timers.pass(60_000)
  const tried = api.requests.length
  expect(tried).toBeGreaterThan(5)
  expect(tried).toBeLessThan(30)
  expect(states.at(-1)).toMatchObject({ phase: 'retrying', synced: false, error: { message: 'broken' } })
  api.listError = undefined
  await timers.pass(10_000)
  expect(states.at(-1)).toMatchObject({ phase: 'live', synced: true })
})
