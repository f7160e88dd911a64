import { expect, test } from 'vitest'
import { ConnectionBudget } from '../../../../src-renderer/data/connection-budget.ts'

function claims(budget: ConnectionBudget) {
  const running = new Set<string>()
  const claim = (name: string, priority: number) =>
    budget.claim({ priority, start: () => running.add(name), stop: () => running.delete(name) })
  return { running, claim }
}

test('the smallest priority numbers run, and the others take over as connections come free', async () => {
  const budget = new ConnectionBudget(2)
  const { running, claim } = claims(budget)
  claim('sidebar', 3)
  const page = claim('page', 0)
  claim('related', 2)
  await Promise.resolve()
  expect([...running].sort()).toEqual(['page', 'related'])
  page()
  await Promise.resolve()
  expect([...running].sort()).toEqual(['related', 'sidebar'])
})

test('what runs is left alone when a lesser claim comes or goes', async () => {
  const budget = new ConnectionBudget(1)
  let starts = 0
  budget.claim({ priority: 0, start: () => starts++, stop: () => expect.unreachable('it was stopped') })
  await Promise.resolve()
  const { claim } = claims(budget)
  claim('other', 1)()
  await Promise.resolve()
  expect(starts).toBe(1)
})

test('giving a claim back twice is harmless', async () => {
  const budget = new ConnectionBudget(1)
  const { running, claim } = claims(budget)
  const release = claim('a', 0)
  release()
  release()
  claim('b', 0)
  await Promise.resolve()
  expect([...running]).toEqual(['b'])
})
