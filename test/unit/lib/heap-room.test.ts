import { expect, test } from 'vitest'
import { giveHeapRoom } from '../../../src-main/lib/heap-room.ts'
import { ManualClock } from '../../../src-main/lib/manual-clock.ts'

test('the heap may grow while many changes are made, and no longer', async () => {
  const clock = new ManualClock()
  const flags: string[] = []
  let changes = 5_000
  const stop = giveHeapRoom({ changes: () => changes, clock, setFlag: flag => flags.push(flag) })
  const after = async (ms: number, made: number) => {
    changes += made
    await clock.advance(ms)
    return flags.splice(0)
  }
  expect(await after(2_000, 199)).toEqual([])
  expect(await after(2_000, 200)).toEqual(['--heap-growing-percent=300'])
  expect(await after(2_000, 4_000)).toEqual([])
  expect(await after(2_000, 10)).toEqual(['--heap-growing-percent=0'])
  expect(await after(2_000, 4_000)).toEqual(['--heap-growing-percent=300'])
  stop()
  expect(await after(60_000, 100_000)).toEqual(['--heap-growing-percent=0'])
})
