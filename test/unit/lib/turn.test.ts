import { describe, expect, it } from 'vitest'
import { settleInPortions, turn, writeInPortions } from '../../../src-main/lib/turn.ts'

/** Keeps the loop busy for so long. */
function work(ms: number): void {
  const end = performance.now() + ms
  while (performance.now() < end);
}

describe('writes in portions', () => {
  const items = Array.from({ length: 120 }, (_, n) => n)

  it('are at most 50 at a time, and have their results in order', async () => {
    let underWay = 0
    let most = 0
    const results = await settleInPortions(items, async item => {
      most = Math.max(most, ++underWay)
      await turn()
      underWay--
      if (item === 7) throw new Error('no')
      return item
    })
    expect(most).toBe(50)
    expect(results.map(({ status }) => status).indexOf('rejected')).toBe(7)
    expect(results[119]).toEqual({ status: 'fulfilled', value: 119 })
  })

  it('let others have their turn between large ones', async () => {
    let others = 0
    let ended = false
    const count = () => {
      others++
      if (!ended) setImmediate(count)
    }
    setImmediate(count)
    await writeInPortions(items.slice(0, 40), () => {
      work(6)
      return Promise.resolve()
    })
    ended = true
    expect(others).toBeGreaterThan(5)
  })

  it('tell of a failure once all have ended, also of one before a pause', async () => {
    const ended: number[] = []
    const all = writeInPortions(items, async item => {
      work(1)
      if (item === 3) throw new Error('the fourth')
      await turn()
      ended.push(item)
    })
    await expect(all).rejects.toThrow('the fourth')
    expect(ended).toHaveLength(119)
  })
})
