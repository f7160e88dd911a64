import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  RevisionCompacted,
  RevisionMismatch,
  StoreUnavailable,
  type KeyValue,
  type KeyValueEvent,
} from '../../../src-main/store/port.ts'
import { subjects } from './stores.ts'

const keys = ['a', 'a/b', 'b', 'c\u2028', 'd"\n'] as const
const step = fc.record({
  key: fc.constantFrom(...keys),
  value: fc.option(fc.string({ unit: 'binary', maxLength: 60 }), { nil: null }),
  stale: fc.boolean(),
  reopen: fc.nat(12).map(n => n === 0),
})

describe.each(Object.keys(subjects))('%s KeyValueStore', name => {
  const make = subjects[name] as (typeof subjects)[string]

  it('says when no write to a key is under way', async () => {
    const { kv, destroy } = await make()
    await kv.settled('a')
    const seen: string[] = []
    const first = kv.compareAndSwap('a', 0, '1').then(() => seen.push('written'))
    const refused = kv.compareAndSwap('a', 0, '2')
    const waiting = [1, 2].map(n => kv.settled('a').then(() => seen.push(`settled ${n}`)))
    expect(seen).toEqual([])
    await kv.settled('b')
    await expect(refused).rejects.toThrow(RevisionMismatch)
    await Promise.all([first, ...waiting])
    expect(seen).toEqual(['written', 'settled 1', 'settled 2'])
    expect(await kv.get('a')).toMatchObject({ value: '1' })
    await destroy()
  })

  it('behaves as a map whose keys remember the revision of their last change', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async steps => {
        const subject = await make()
        let { kv } = subject
        const model = new Map<string, KeyValue>()
        const told: KeyValueEvent[] = []
        const happened: KeyValueEvent[] = []
        kv.watch(kv.revision, event => told.push(event))
        let newest = kv.revision
        for (const { key, value, stale, reopen } of steps) {
          if (reopen && subject.reopen) {
            kv = await subject.reopen()
            expect(kv.revision).toBe(newest)
            kv.watch(kv.revision, event => told.push(event))
          }
          const known = model.get(key)
          const expected = (known?.modRevision ?? 0) + (stale ? 1 : 0)
          const write = kv.compareAndSwap(key, expected, value)
          if (stale || (value === null && !known)) {
            await expect(write).rejects.toThrow(RevisionMismatch)
            continue
          }
          const revision = await write
          expect(revision).toBeGreaterThan(newest)
          newest = revision
          if (value === null) {
            model.delete(key)
            happened.push({ type: 'delete', key, revision })
          } else {
            const createRevision = known?.createRevision ?? revision
            const current = { key, value, createRevision, modRevision: revision }
            model.set(key, current)
            happened.push({ type: 'put', revision, current })
          }
        }
        expect(told).toEqual(happened)
        expect(kv.revision).toBe(newest)
        const sorted = [...model.values()].sort((a, b) => (a.key < b.key ? -1 : 1))
        expect(await kv.range('')).toEqual(sorted)
        expect(await kv.range('a')).toEqual(sorted.filter(({ key }) => key.startsWith('a')))
        for (const key of keys) expect(await kv.get(key)).toEqual(model.get(key))
        await subject.destroy()
      }),
      { numRuns: 60 },
    )
  })

  it('lets one of many simultaneous writers of a key win', async () => {
    const { kv, destroy } = await make()
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, (_, i) => kv.compareAndSwap('k', 0, `${i}`)),
    )
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect((await kv.get('k'))?.value).toBe('0')
    await destroy()
  })

  it('tells every watcher everything once, in order, also those that begin in the past or within an event', async () => {
    const { kv, destroy } = await make()
    const revisions = new Map<string, number[]>()
    const watch = (id: string, from: number) => {
      revisions.set(id, [])
      kv.watch(from, ({ revision }) => revisions.get(id)?.push(revision))
    }
    const start = kv.revision
    watch('early', start)
    let nested = false
    kv.watch(start, () => {
      if (!nested) watch('nested', start)
      nested = true
    })
    await Promise.all(Array.from({ length: 10 }, (_, i) => kv.compareAndSwap(`k${i}`, 0, 'x')))
    watch('late', start)
    await Promise.all(Array.from({ length: 10 }, (_, i) => kv.compareAndSwap(`l${i}`, 0, 'x')))
    const all = Array.from({ length: 20 }, (_, i) => start + 1 + i)
    expect(Object.fromEntries(revisions)).toEqual({ early: all, nested: all, late: all })
    await destroy()
  })

  it('stops telling who disposed, and is not disturbed by one who throws', async () => {
    const { kv, destroy } = await make()
    const told: number[] = []
    kv.watch(kv.revision, () => {
      throw new Error('a broken watcher')
    })
    const dispose = kv.watch(kv.revision, ({ revision }) => told.push(revision))
    const first = await kv.compareAndSwap('a', 0, '1')
    dispose()
    await kv.compareAndSwap('a', first, '2')
    expect(told).toEqual([first])
    await destroy()
  })

  it.each([
    { bound: 'events', window: { events: 3, bytes: 1e6 }, kept: 3 },
    { bound: 'bytes', window: { events: 100, bytes: 25 }, kept: 2 },
    { bound: 'nothing at all', window: { events: 0, bytes: 0 }, kept: 0 },
  ])('keeps a window bounded by $bound and says when it is left', async ({ window, kept }) => {
    const { kv, destroy } = await make(window)
    for (let i = 0; i < 2000; i++) await kv.compareAndSwap(`k${i}`, 0, '0123456789')
    const seen: number[] = []
    kv.watch(kv.revision - kept, ({ revision }) => seen.push(revision))
    expect(seen).toHaveLength(kept)
    expect(() => kv.watch(kv.revision - kept - 1, () => undefined)).toThrow(RevisionCompacted)
    await destroy()
  })

  it('refuses writes once closed, after finishing those under way', async () => {
    const { kv, destroy } = await make()
    const write = kv.compareAndSwap('a', 0, '1')
    const closing = kv.close()
    await expect(kv.compareAndSwap('b', 0, '1')).rejects.toThrow(StoreUnavailable)
    await closing
    await expect(write).resolves.toBeGreaterThan(0)
    await destroy()
  })
})
