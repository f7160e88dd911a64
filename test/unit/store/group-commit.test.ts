import { expect, it } from 'vitest'
import { GroupCommit, type Revisions } from '../../../src-main/store/group-commit.ts'

/** Everything that was submitted in one go, as it is written. */
async function batchesOf(changes: [key: string, value: string | null][]): Promise<number[]> {
  const stored = new Map<string, Revisions>(
    changes.map(([key, value]) => [key, { createRevision: 1, modRevision: value === null ? 1 : 0 }]),
  )
  const sizes: number[] = []
  const commits = new GroupCommit({
    revision: 1,
    current: key => stored.get(key),
    write: async batch => void sizes.push(batch.length),
    committed: () => undefined,
  })
  await Promise.all(changes.map(([key, value]) => commits.submit(key, value === null ? 1 : 0, value)))
  return sizes
}

const many = (count: number, value: string | null) =>
  Array.from({ length: count }, (_, n): [string, string | null] => [`pods/${n}`, value])

it('of 1,200 deletions 500 are one batch: each is told to all who follow', async () => {
  expect(await batchesOf(many(1_200, null))).toEqual([500, 500, 200])
})

it('of large values four MiB are one batch', async () => {
  expect(await batchesOf(many(5, 'x'.repeat(1.5 * 1024 * 1024)))).toEqual([3, 2])
})

it('few changes are one batch', async () => {
  expect(await batchesOf(many(100, 'small'))).toEqual([100])
})
