import { afterEach, describe, expect, it, vi } from 'vitest'
import { parseBody, parseJson } from '../../../../src-main/api/http/body.ts'
import { sift } from '../../../../src-main/api/http/large-body.ts'
import { ConfigMapKind } from '../../../../src-main/api/kinds/config-map.ts'
import { ensureNamespaces } from '../../../../src-main/api/namespaces.ts'
import { Registry } from '../../../../src-main/api/registry.ts'
import type { Kind } from '../../../../src-main/api/kinds/kind.ts'
import type { KubeObject } from '../../../../src-main/api/types.ts'
import { systemClock as clock } from '../../../../src-main/lib/clock.ts'
import { turn } from '../../../../src-main/lib/turn.ts'
import { createFakeStore } from '../registry/fake-store.ts'

const kind = ConfigMapKind as unknown as Kind
const members = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`member-${n}`, 'value']))
const bytesOf = (object: object) => Buffer.from(JSON.stringify(object))

afterEach(() => vi.restoreAllMocks())

/** What others get done while the work, which waits for nothing outside, is under way. */
async function turnsDuring(work: Promise<unknown>): Promise<number> {
  let turns = 0
  let over = false
  const ended = work.finally(() => (over = true))
  while (!over) {
    await turn()
    turns++
  }
  await ended
  return turns
}

it('is read in portions, between which others have their turn', async () => {
  const bytes = bytesOf({ a: members(15_500), b: members(15_500) })
  vi.spyOn(performance, 'now').mockReturnValue(0)
  expect(await turnsDuring(parseJson(bytes))).toBeLessThan(3)
  // each look at the clock tells that a portion is over
  let now = 0
  vi.spyOn(performance, 'now').mockImplementation(() => (now += 11))
  expect(await turnsDuring(parseJson(bytes))).toBeGreaterThan(30)
})

describe('YAML', () => {
  const read = (text: string) =>
    parseBody('application/yaml', Buffer.from(text)).catch((error: unknown) => error)

  it('is no larger by its aliases than JSON may be', async () => {
    const list = `[${'x,'.repeat(2_000)}x]`
    expect(await read(`a: &a ${list}\nb: [${'*a,'.repeat(50)}*a]\n`)).toMatchObject({ code: 413 })
    expect(await read(`a: &a ${list}\nb: [*a, *a]\n`)).toMatchObject({ duplicates: [] })
  })

  it('has not too many aliases to be looked up', async () => {
    const refused = await read(`a: &a 1\nb: [${'*a,'.repeat(2_000)}*a]\n`)
    expect(refused).toMatchObject({ code: 413, message: expect.stringContaining('YAML aliases') as string })
    // a text that only looks like them
    expect(await read(`a: |\n${'  * item\n'.repeat(2_000)}`)).toMatchObject({ duplicates: [] })
    expect(await read(`${Array.from({ length: 1_500 }, (_, n) => `k${n}: '*'`).join('\n')}\n`)).toMatchObject(
      {
        duplicates: [],
      },
    )
  })
})

it('has what is unknown taken out first, of which a hundred are told', async () => {
  const object = { metadata: { name: 'a', ...members(5_000) }, ...members(5_000) } as unknown as KubeObject
  const warnings: string[] = []
  const options = { fieldValidation: 'Warn', warn: (text: string) => warnings.push(text) } as const
  expect(await turnsDuring(sift(kind, object, options))).toBeGreaterThan(1)
  expect(object).toEqual({ metadata: { name: 'a' } })
  expect(warnings).toHaveLength(100)
  expect(warnings[0]).toBe('unknown field "metadata.member-0"')
})

it('is refused when it is wrong throughout, with a thousand of the reasons', async () => {
  const data = Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => [`k${n}`, n]))
  const object = { metadata: { name: 'a' }, data } as unknown as KubeObject
  const error = await sift(kind, object, {}).catch((error: unknown) => error)
  expect(error).toMatchObject({ reason: 'Invalid', code: 422 })
  expect((error as { details: { causes: unknown[] } }).details.causes).toHaveLength(1000)
})

it('is copied, checked and stored in steps, and the namespace is looked at last', async () => {
  const registry = new Registry({ store: createFakeStore(), clock })
  await ensureNamespaces(registry)
  const done: string[] = []
  const pause = async () => {
    done.push(registry.get(kind, 'a', 'default') ? 'stored' : 'not yet')
    await turn()
  }
  await registry.create(kind, { metadata: { name: 'a', namespace: 'default' } } as unknown as KubeObject, {
    pause,
  })
  expect(done).toEqual(['not yet', 'not yet', 'not yet'])
  expect(registry.get(kind, 'a', 'default')).toBeDefined()
})

it('is changed in steps, and finds out when another write came between them', async () => {
  const registry = new Registry({ store: createFakeStore(), clock })
  await ensureNamespaces(registry)
  const metadata = { name: 'a', namespace: 'default' }
  const made = await registry.create(kind, { metadata } as unknown as KubeObject)
  const others: Promise<unknown>[] = []
  const pause = async () => {
    if (others.length === 0) {
      others.push(registry.update(kind, { ...made, data: { theirs: '1' } } as unknown as KubeObject))
    }
    await turn()
  }
  const mine = registry.update(kind, { ...made, data: { mine: '1' } } as unknown as KubeObject, { pause })
  const [ours, theirs] = await Promise.allSettled([mine, mine.catch(() => others[0]).then(() => others[0])])
  const outcome = [ours.status, theirs.status].sort()
  expect(outcome).toEqual(['fulfilled', 'rejected'])
  expect(Object.keys((registry.get(kind, 'a', 'default') as unknown as { data: object }).data)).toHaveLength(
    1,
  )
})
