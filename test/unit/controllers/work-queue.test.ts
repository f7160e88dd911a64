import { describe, expect, it } from 'vitest'
import { type Outcome, WorkQueue } from '../../../src-main/controllers/runtime/work-queue.ts'
import { ManualClock } from '../../../src-main/lib/manual-clock.ts'

const turn = () => new Promise(resolve => setImmediate(resolve))

function createQueue(process: (key: string) => Promise<Outcome>, workers?: number) {
  const clock = new ManualClock()
  const errors: string[] = []
  const queue = new WorkQueue({
    clock,
    workers,
    process,
    onError: (key, error, failures) => errors.push(`${key} ${(error as Error).message} ${failures}`),
  })
  return { clock, errors, queue }
}

/** A promise that the test ends by hand. */
function gate() {
  let open: () => void = () => undefined
  const opened = new Promise<void>(resolve => (open = resolve))
  return { open, opened }
}

describe('the work queue', () => {
  it('runs a key once however often it was added, and never within add', async () => {
    const done: string[] = []
    const { queue } = createQueue(async key => void done.push(key))
    queue.add('a')
    queue.add('b')
    queue.add('a')
    expect(done).toEqual([])
    await turn()
    expect(done).toEqual(['a', 'b'])
  })

  it('runs a key again that was added while it ran, and never twice at a time', async () => {
    const { open, opened } = gate()
    let running = 0
    let most = 0
    let runs = 0
    const { queue } = createQueue(async () => {
      runs++
      most = Math.max(most, ++running)
      await opened
      running--
    })
    queue.add('a')
    await turn()
    queue.add('a')
    queue.add('a')
    await turn()
    expect(runs).toBe(1)
    open()
    await turn()
    expect({ runs, most }).toEqual({ runs: 2, most: 1 })
  })

  it('works on as many keys at a time as it has workers', async () => {
    const { open, opened } = gate()
    const begun: string[] = []
    const { queue } = createQueue(async key => {
      begun.push(key)
      await opened
    }, 2)
    for (const key of ['a', 'b', 'c']) queue.add(key)
    await turn()
    expect(begun).toEqual(['a', 'b'])
    open()
    await turn()
    expect(begun).toEqual(['a', 'b', 'c'])
  })

  it('tries a key that failed again after 20, 40, 80 ms, and at most every minute', async () => {
    const times: number[] = []
    const { clock, errors, queue } = createQueue(async () => {
      times.push(clock.now())
      throw new Error('no')
    })
    queue.add('a')
    await turn()
    await clock.advance(10 * 60_000)
    const waits = times.slice(1).map((time, index) => time - (times[index] ?? 0))
    expect(waits.slice(0, 4)).toEqual([20, 40, 80, 160])
    expect(Math.max(...waits)).toBe(60_000)
    expect(errors.slice(0, 2)).toEqual(['a no 1', 'a no 2'])
  })

  it('begins the back-off anew after a success', async () => {
    let fail = true
    let runs = 0
    const { clock, queue } = createQueue(async () => {
      runs++
      if (fail) throw new Error('no')
    })
    queue.add('a')
    await turn()
    await clock.advance(1_000)
    fail = false
    await clock.advance(60_000)
    fail = true
    runs = 0
    queue.add('a')
    await turn()
    await clock.advance(20)
    expect(runs).toBe(2)
  })

  it('looks again when a run asked for it, and a later run replaces that', async () => {
    const times: number[] = []
    const { clock, queue } = createQueue(async () => {
      times.push(clock.now())
      return times.length < 3 ? { againAfterMs: 1_000 } : undefined
    })
    const start = clock.now()
    queue.add('a')
    await turn()
    await clock.advance(500)
    queue.add('a')
    await turn()
    await clock.advance(10_000)
    expect(times.map(time => time - start)).toEqual([0, 500, 1_500])
  })

  it('lets I/O have its turn between many keys that have nothing to do', async () => {
    let runs = 0
    const { queue } = createQueue(async () => void runs++)
    for (let index = 0; index < 10_000; index++) queue.add(`key-${index}`)
    await turn()
    expect(runs).toBeGreaterThan(0)
    expect(runs).toBeLessThan(10_000)
    while (runs < 10_000) await turn()
  })

  it('looks a day later at the latest, because timers know no longer waits', async () => {
    const times: number[] = []
    const { clock, queue } = createQueue(async () => {
      times.push(clock.now())
      return { againAfterMs: 2 ** 40 }
    })
    queue.add('a')
    await turn()
    await clock.advance(24 * 3_600_000)
    expect(times).toHaveLength(2)
  })

  it('stops after the work in hand, and takes no more', async () => {
    const { open, opened } = gate()
    const done: string[] = []
    const { queue } = createQueue(async key => {
      await opened
      done.push(key)
    }, 1)
    queue.add('a')
    queue.add('b')
    await turn()
    let stopped = false
    const stopping = queue.stop().then(() => (stopped = true))
    await turn()
    expect(stopped).toBe(false)
    open()
    await stopping
    queue.add('c')
    await turn()
    expect(done).toEqual(['a'])
  })
})
