import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { systemClock } from '../../../src-main/lib/clock.ts'

const DAY_MS = 24 * 60 * 60 * 1000

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

it('waits for longer than one timer of Node can', () => {
  const callback = vi.fn()
  systemClock.after(60 * DAY_MS, callback)
  vi.advanceTimersByTime(60 * DAY_MS - 1)
  expect(callback).not.toHaveBeenCalled()
  vi.advanceTimersByTime(1)
  expect(callback).toHaveBeenCalledTimes(1)
})

it('can be told to forget it after one timer has ended', () => {
  const callback = vi.fn()
  const cancel = systemClock.after(60 * DAY_MS, callback)
  vi.advanceTimersByTime(30 * DAY_MS)
  cancel()
  vi.advanceTimersByTime(60 * DAY_MS)
  expect(callback).not.toHaveBeenCalled()
})
