import { expect, test } from 'vitest'
import { createBatcher } from '../../../../src-renderer/data/batcher.ts'
import { ManualTimers } from '../manual-timers.ts'

test('one change after a quiet spell is applied at once', async () => {
  const timers = new ManualTimers()
  const applied: number[][] = []
  createBatcher<number>(items => applied.push(items), { timers }).push(1)
  await timers.pass(0)
  expect(applied).toEqual([[1]])
})

test('a burst is applied at most every 100 ms, in order, and nothing is lost', async () => {
  const timers = new ManualTimers()
  const applied: number[][] = []
  const batcher = createBatcher<number>(items => applied.push(items), { timers })
  for (let change = 0; change < 100; change++) {
    batcher.push(change)
    await timers.pass(10)
  }
  await timers.pass(100)
  expect(applied.flat()).toEqual(Array.from({ length: 100 }, (_, index) => index))
  expect(applied.length).toBeLessThanOrEqual(11)
})

test('a flush applies what waits, and cleared items are never applied', async () => {
  const timers = new ManualTimers()
  const applied: number[][] = []
  const batcher = createBatcher<number>(items => applied.push(items), { timers })
  batcher.push(1)
  batcher.flush()
  batcher.push(2)
  batcher.clear()
  await timers.pass(1_000)
  expect(applied).toEqual([[1]])
})
