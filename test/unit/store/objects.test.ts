import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { silentLogger } from '../../../src-main/lib/logger.ts'
import { meets, parseSelector } from '../../../src-main/lib/labels.ts'
import type { StoredObject, StoreEvent, StoreSelection } from '../../../src-main/store/object-store.ts'
import { KeyValueObjectStore } from '../../../src-main/store/objects.ts'
import { RevisionCompacted, RevisionMismatch } from '../../../src-main/store/port.ts'
import { object, subjects } from './stores.ts'

const arbitraryObject = fc.record({
  name: fc.constantFrom('a', 'a-b', 'b'),
  namespace: fc.constantFrom(undefined, 'x', 'x-1'),
  labels: fc.option(fc.dictionary(fc.constantFrom('app', 'tier'), fc.constantFrom('1', '2')), {
    nil: undefined,
  }),
  owner: fc.option(fc.constantFrom('o1', 'o2'), { nil: undefined }),
  node: fc.option(fc.constantFrom('n1', 'n2'), { nil: undefined }),
})
const step = fc.record({
  action: fc.constantFrom('create', 'update', 'delete'),
  resource: fc.constantFrom('pods', 'deployments.apps'),
  object: arbitraryObject,
})

const selections: StoreSelection[] = [
  {},
  { namespace: 'x' },
  { namespace: 'none' },
  { owner: 'o1' },
  { node: 'n2' },
  { labels: parseSelector('app=1') },
  { labels: parseSelector('app in (1,2),tier!=1') },
  { labels: parseSelector('!app') },
  { namespace: 'x-1', owner: 'o2', node: 'n1', labels: parseSelector('tier=2') },
]

function build({
  name,
  namespace,
  labels,
  owner,
  node,
}: typeof arbitraryObject extends fc.Arbitrary<infer T> ? T : never) {
  const more = {
    ...(namespace ? { namespace } : {}),
    ...(labels ? { labels } : {}),
    ...(owner ? { ownerReferences: [{ uid: owner }] } : {}),
  }
  return object(name, more, node ? { nodeName: node } : undefined)
}

/** `list` without any index. */
function slowList(
  all: StoredObject[],
  { namespace, owner, node, labels = [] }: StoreSelection,
): StoredObject[] {
  return all
    .filter(({ metadata, spec }) => {
      return (
        (namespace === undefined || metadata.namespace === namespace) &&
        (owner === undefined || metadata.ownerReferences?.some(({ uid }) => uid === owner)) &&
        (node === undefined || (spec as { nodeName?: string } | undefined)?.nodeName === node) &&
        labels.every(requirement => meets(metadata.labels, requirement))
      )
    })
    .sort(({ metadata: a }, { metadata: b }) =>
      (a.namespace ?? '') === (b.namespace ?? '')
        ? a.name < b.name
          ? -1
          : 1
        : (a.namespace ?? '') < (b.namespace ?? '')
          ? -1
          : 1,
    )
}

describe.each(Object.keys(subjects))('ObjectStore over %s', name => {
  const make = subjects[name] as (typeof subjects)[string]
  const load = (kv: Parameters<typeof KeyValueObjectStore.load>[0]) =>
    KeyValueObjectStore.load(kv, { logger: silentLogger })

  it('lists, by any selection, what a plain map holds, and rebuilds it from its events', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async steps => {
        const subject = await make()
        const store = await load(subject.kv)
        const model = new Map<string, StoredObject>()
        const replica = new Map<string, StoredObject>()
        const events: StoreEvent[] = []
        store.watch(undefined, undefined, event => events.push(event))
        for (const { action, resource, object: parts } of steps) {
          const wanted = build(parts)
          const key = `${resource}/${wanted.metadata.namespace}/${wanted.metadata.name}`
          const resourceVersion = model.get(key)?.metadata.resourceVersion ?? ''
          const current = { ...wanted, metadata: { ...wanted.metadata, resourceVersion } }
          const write = store[action as 'create'](resource, current)
          if (model.has(key) === (action === 'create')) {
            await expect(write).rejects.toThrow(RevisionMismatch)
            continue
          }
          const stored = await write
          expect(stored.metadata.resourceVersion).toBe(String(store.revision))
          if (action === 'delete') model.delete(key)
          else {
            expect({ ...stored, metadata: { ...stored.metadata, resourceVersion } }).toEqual(current)
            model.set(key, stored)
          }
        }
        for (const event of events) {
          const { namespace, name: itsName, resourceVersion } = event.object.metadata
          const key = `${event.resource}/${namespace}/${itsName}`
          expect(event.previous).toEqual(replica.get(key))
          expect(event.type).toBe(
            event.type === 'DELETED' ? 'DELETED' : replica.has(key) ? 'MODIFIED' : 'ADDED',
          )
          expect(resourceVersion).toBe(String(event.revision))
          if (event.type === 'DELETED') replica.delete(key)
          else replica.set(key, event.object)
        }
        expect(replica).toEqual(model)
        const kv = subject.reopen ? await subject.reopen() : subject.kv
        for (const each of [store, await load(kv)]) {
          for (const resource of ['pods', 'deployments.apps']) {
            const all = [...model].filter(([key]) => key.startsWith(`${resource}/`)).map(([, value]) => value)
            for (const selection of selections) {
              expect(each.list(resource, selection)).toEqual(slowList(all, selection))
            }
          }
        }
        await subject.destroy()
      }),
      { numRuns: 60 },
    )
  })

  it('gives out frozen objects', async () => {
    const { kv, destroy } = await make()
    const store = await load(kv)
    const stored = await store.create('pods', object('a', { labels: { app: 'web' } }, { nodeName: 'n' }))
    expect(() => Object.assign(stored.metadata.labels ?? {}, { app: 'db' })).toThrow(TypeError)
    expect(() => Object.assign(stored.spec as object, { nodeName: 'm' })).toThrow(TypeError)
    await destroy()
  })

  it('keeps a resourceVersion out of the stored text and refuses writes that name none', async () => {
    const { kv, destroy } = await make()
    const store = await load(kv)
    await store.create('pods', object('a', { namespace: 'x', resourceVersion: '77' }))
    expect((await kv.get('registry/pods/x/a'))?.value).not.toContain('resourceVersion')
    const blind = object('a', { namespace: 'x', resourceVersion: '0' })
    await expect(store.update('pods', blind)).rejects.toThrow(RevisionMismatch)
    await expect(store.delete('pods', blind)).rejects.toThrow(RevisionMismatch)
    await expect(store.update('pods', object('new', { resourceVersion: '0' }))).rejects.toThrow(
      RevisionMismatch,
    )
    await destroy()
  })

  it('replays one resource from a revision, and says when that is too long ago', async () => {
    const { kv, destroy } = await make()
    const store = await KeyValueObjectStore.load(kv, {
      logger: silentLogger,
      watchWindow: { events: 4, bytes: 1e6 },
    })
    const start = store.revision
    for (const each of ['a', 'b', 'c']) {
      await store.create('pods', object(each))
      await store.create('nodes', object(each))
    }
    const seen: StoreEvent[] = []
    store.watch('pods', start + 2, event => seen.push(event))
    expect(seen.map(event => `${event.type} ${event.object.metadata.name}`)).toEqual(['ADDED b', 'ADDED c'])
    expect(() => store.watch('pods', start + 1, () => undefined)).toThrow(RevisionCompacted)
    await destroy()
  })
})
