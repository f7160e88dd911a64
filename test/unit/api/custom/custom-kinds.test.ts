import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { customKinds } from '../../../../src-main/api/custom/custom-kind.ts'
import { followDefinitions } from '../../../../src-main/api/custom/definitions.ts'
import { CustomResourceDefinitionKind } from '../../../../src-main/api/kinds/custom-resource-definition.ts'
import { kinds as ownKinds } from '../../../../src-main/api/kinds/index.ts'
import { KindSet } from '../../../../src-main/api/kinds/kind-set.ts'
import type { Kind } from '../../../../src-main/api/kinds/kind.ts'
import type { CustomResourceDefinition, KubeObject } from '../../../../src-main/api/types.ts'
import { createCustomResourcesController } from '../../../../src-main/controllers/custom-resources.ts'
import { TestCluster } from '../../controllers/cluster.ts'
import { parseManifests } from '../kinds/check.ts'

const text = readFileSync(new URL('../kinds/manifests/definitions.yaml', import.meta.url), 'utf8')
const definitions = parseManifests(text) as unknown as CustomResourceDefinition[]
const [cronTabs, , , gateways] = definitions as [
  CustomResourceDefinition,
  CustomResourceDefinition,
  CustomResourceDefinition,
  CustomResourceDefinition,
]

type CronTab = KubeObject & { spec: Record<string, unknown>; status?: unknown }

let cluster: TestCluster
beforeEach(async () => {
  cluster = await TestCluster.create()
})
afterEach(() => cluster.stop())

const kindOf = (name: string, version = 'v1') =>
  cluster.options.kinds.current.find(kind => kind.kind === name && kind.version === version) as Kind<CronTab>
const define = (definition: CustomResourceDefinition) =>
  cluster.registry.create(CustomResourceDefinitionKind, definition)
const make = (spec: unknown, options = {}) =>
  cluster.registry.create(
    kindOf('CronTab'),
    { metadata: { name: 'a', namespace: 'default' }, spec } as unknown as CronTab,
    options,
  )

describe('a kind of one’s own', () => {
  test('is served as soon as its definition is stored', async () => {
    expect(kindOf('CronTab')).toBeUndefined()
    await define(cronTabs)
    expect(kindOf('CronTab')).toMatchObject({
      plural: 'crontabs',
      shortNames: ['ct'],
      subresources: ['status', 'scale'],
    })
  })

  test('gets the defaults of its schema', async () => {
    await define(cronTabs)
    expect((await make({})).spec).toEqual({ cronSpec: '5 0 * * *', replicas: 1 })
    expect(
      (await cluster.registry.update(kindOf('CronTab'), { ...(await current()), spec: { replicas: null } }))
        .spec,
    ).toEqual({
      cronSpec: '5 0 * * *',
      replicas: 1,
    })
  })

  test.each<[string, Record<string, unknown>, string, string]>([
    ['pattern', { cronSpec: 'x' }, 'spec.cronSpec', "should match '"],
    ['minimum', { replicas: 0 }, 'spec.replicas', 'should be greater than or equal to 1'],
    ['maximum', { replicas: 11 }, 'spec.replicas', 'should be less than or equal to 10'],
    ['type', { image: 3 }, 'spec.image', 'must be of type string'],
  ])('is checked by its schema: %s', async (_, spec, field, message) => {
    await define(cronTabs)
    await expect(make(spec)).rejects.toMatchObject({
      reason: 'Invalid',
      details: { causes: [{ field, message: expect.stringContaining(message) as string }] },
    })
  })

  test('has unknown fields refused, or dropped with a warning', async () => {
    await define(cronTabs)
    await expect(make({ imagee: 'x' })).rejects.toMatchObject({
      message: expect.stringContaining('unknown field "spec.imagee"') as string,
    })
    const warnings: string[] = []
    const options = { fieldValidation: 'Warn', warn: (warning: string) => warnings.push(warning) }
    expect((await make({ imagee: 'x' }, options)).spec).not.toHaveProperty('imagee')
    expect(warnings).toEqual(['unknown field "spec.imagee"'])
  })

  test('has its columns, scale and status', async () => {
    await define(cronTabs)
    const made = await make({ replicas: 3 })
    const kind = kindOf('CronTab')
    const cells = kind.columns.map(column => [column.name, column.cell(made, cluster.clock.now())])
    expect(cells).toEqual([
      ['Name', 'a'],
      ['Spec', '5 0 * * *'],
      ['Replicas', 3],
      ['Age', '0s'],
    ])
    const key = { name: 'a', namespace: 'default' }
    const scale = await cluster.registry.updateScale(kind as unknown as Kind, key, { spec: { replicas: 5 } })
    expect(scale.spec.replicas).toBe(5)
    await cluster.registry.modifyStatus(kind, key, draft => {
      draft.status = { replicas: 4 }
    })
    expect(cluster.registry.getScale(kind as unknown as Kind, key).status.replicas).toBe(4)
  })

  test.each([true, false])(
    'counts its generations by all but metadata, and status where that is apart (%s)',
    async isApart => {
      const definition = structuredClone(gateways)
      for (const version of definition.spec.versions) version.subresources = isApart ? { status: {} } : {}
      await define(definition)
      const kind = kindOf('Gateway')
      const object = { metadata: { name: 'g' }, parameters: { a: 1 } } as unknown as CronTab
      expect((await cluster.registry.create(kind, object)).metadata.generation).toBe(1)
      const change = async (part: object) =>
        (await cluster.registry.modify(kind, { name: 'g' }, draft => void Object.assign(draft, part)))
          ?.metadata.generation
      expect(await change({ parameters: { a: 2 } })).toBe(2)
      expect(await change({ spec: { any: 'thing' } })).toBe(3)
      expect(await change({ status: { phase: 'Ready' } })).toBe(isApart ? 3 : 4)
    },
  )

  const current = async () => cluster.registry.get(kindOf('CronTab'), 'a', 'default') as CronTab
})

test('a definition has a hundred columns at most, and eight selectable fields', async () => {
  const definition = structuredClone(cronTabs)
  for (const version of definition.spec.versions) {
    const column = { type: 'string', jsonPath: '.spec' }
    version.additionalPrinterColumns = Array.from({ length: 6_000 }, (_, n) => ({ name: `C${n}`, ...column }))
    version.selectableFields = Array.from({ length: 9 }, (_, n) => ({ jsonPath: `.spec.f${n}` }))
  }
  await expect(define(definition)).rejects.toMatchObject({
    details: {
      causes: expect.arrayContaining([
        expect.objectContaining({ message: 'Too many: 6000: must have at most 100 items' }),
        expect.objectContaining({ message: 'Too many: 9: must have at most 8 items' }),
      ]) as unknown,
    },
  })
})

test('a selectable field has no text where an object or a list is', () => {
  const definition = structuredClone(cronTabs)
  for (const version of definition.spec.versions) version.selectableFields = [{ jsonPath: '.spec.color' }]
  const [kind] = customKinds(definition)
  const textOf = (color: unknown) =>
    kind?.fieldSelectors?.['spec.color']?.({ spec: { color } } as unknown as KubeObject)
  expect(['red', 3, false, undefined, null].map(textOf)).toEqual(['red', '3', 'false', '', ''])
  expect([{ toString: 'x' }, {}, ['red']].map(textOf)).toEqual(['', '', ''])
})

test('a cell is the beginning of what is there: the rest is not even looked at', async () => {
  const definition = structuredClone(cronTabs)
  for (const version of definition.spec.versions) {
    version.additionalPrinterColumns = [
      { name: 'Spec', type: 'string', jsonPath: '.spec' },
      { name: 'Texts', type: 'string', jsonPath: '.spec.texts[*]' },
    ]
  }
  await define(definition)
  const texts = Array.from({ length: 100_000 }, (_, n) => `text-${n}`)
  const rest = {
    toJSON: () => {
      throw new Error('was printed')
    },
  }
  const object = { metadata: { name: 'a' }, spec: { texts, rest } } as unknown as CronTab
  const cells = kindOf('CronTab').columns.map(column => column.cell(object, 0))
  expect(cells).toEqual([
    'a',
    expect.stringMatching(/^\{"texts":\["text-0","text-1",.{900}/),
    expect.stringMatching(/^text-0 text-1 .{900}/),
  ])
  for (const cell of cells) expect(String(cell).length).toBeLessThan(1_100)
})

test('of several versions each shows the same object', async () => {
  await define(gateways)
  const [v1, beta] = [kindOf('Gateway'), kindOf('Gateway', 'v1beta1')]
  const seen: string[] = []
  cluster.registry.watch(beta, ({ type, object }) => seen.push(`${type} ${object.apiVersion}`))
  await cluster.registry.create(beta, { metadata: { name: 'g' }, spec: { any: { thing: [1, null] } } })
  expect(cluster.registry.get(v1, 'g')).toMatchObject({
    apiVersion: 'networking.example.net/v1',
    spec: { any: { thing: [1, null] } },
  })
  expect(cluster.registry.list(beta).map(({ apiVersion }) => apiVersion)).toEqual([
    'networking.example.net/v1beta1',
  ])
  expect(seen).toEqual(['ADDED networking.example.net/v1beta1'])
  expect(cluster.options.kinds.stored.filter(({ custom }) => custom)).toHaveLength(1)
})

test('kinds are served again after a restart', async () => {
  await define(cronTabs)
  const kinds = new KindSet(ownKinds)
  followDefinitions({ client: cluster.registry, kinds })
  expect(kinds.current.map(({ kind }) => kind)).toContain('CronTab')
})

test('a definition tells that it is established, and takes its instances along', async () => {
  cluster.start(createCustomResourcesController)
  await define(cronTabs)
  await make({})
  const name = cronTabs.metadata.name
  const conditions = () =>
    cluster.registry
      .get(CustomResourceDefinitionKind, name)
      ?.status?.conditions?.map(({ type, status }) => `${type} ${status}`)
  await expect.poll(conditions).toEqual(['NamesAccepted True', 'Established True'])
  await cluster.registry.delete(CustomResourceDefinitionKind, { name })
  await expect.poll(() => cluster.registry.get(CustomResourceDefinitionKind, name)).toBeUndefined()
  expect(kindOf('CronTab')).toBeUndefined()
  await define(cronTabs)
  expect(cluster.registry.list(kindOf('CronTab'))).toEqual([])
})

test('names that are taken are not served until they are free', async () => {
  cluster.start(createCustomResourcesController)
  await define(cronTabs)
  await expect
    .poll(
      () => cluster.registry.get(CustomResourceDefinitionKind, cronTabs.metadata.name)?.status?.conditions,
    )
    .toHaveLength(2)
  const other = structuredClone(cronTabs)
  other.metadata = { ...other.metadata, name: 'tables.stable.example.com' }
  other.spec.names = { plural: 'tables', kind: 'Table', shortNames: ['ct'] }
  await define(other)
  const accepted = () =>
    cluster.registry
      .get(CustomResourceDefinitionKind, other.metadata.name)
      ?.status?.conditions?.map(({ status, message }) => `${status} ${message}`)
  await expect.poll(accepted).toEqual(['False "ct" is already in use', 'False not all names are accepted'])
  expect(kindOf('Table')).toBeUndefined()
  await cluster.registry.delete(CustomResourceDefinitionKind, { name: cronTabs.metadata.name })
  await expect.poll(() => kindOf('Table')?.plural).toBe('tables')
})
