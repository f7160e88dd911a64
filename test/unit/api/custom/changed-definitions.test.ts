import { afterEach, beforeEach, expect, test } from 'vitest'
import { CustomResourceDefinitionKind } from '../../../../src-main/api/kinds/custom-resource-definition.ts'
import type { Kind } from '../../../../src-main/api/kinds/kind.ts'
import type { CustomResourceDefinition, KubeObject } from '../../../../src-main/api/types.ts'
import type { OpenApiSchema } from '../../../../src-main/api/custom/open-api-schema.ts'
import { copyJson } from '../../../../src-main/lib/json.ts'
import { TestCluster } from '../../controllers/cluster.ts'

type Thing = KubeObject & { spec: Record<string, unknown>; status?: unknown }

const text = { type: 'string' }
const part: OpenApiSchema = {
  type: 'object',
  required: ['name'],
  properties: { name: text, text, left: text },
}
const loose: OpenApiSchema = {
  type: 'object',
  properties: {
    text,
    size: { type: 'integer' },
    left: text,
    parts: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      items: part,
    },
    list: { type: 'array', items: text },
    map: { type: 'object', additionalProperties: text },
  },
}

/** The same schema with every value held to more, `left` gone, and a member that must be there. */
const tight: OpenApiSchema = {
  ...loose,
  required: ['owner'],
  properties: {
    owner: text,
    text: { ...text, maxLength: 1 },
    size: { type: 'integer', maximum: 1 },
    parts: {
      ...loose.properties?.parts,
      items: { ...part, properties: { name: text, text: { ...text, maxLength: 1 } } },
    },
    list: { type: 'array', items: { ...text, maxLength: 1 } },
    map: { type: 'object', additionalProperties: { ...text, maxLength: 1 } },
  },
}

const spec = {
  text: 'long',
  size: 5,
  left: 'over',
  parts: [
    { name: 'a', text: 'long', left: 'over' },
    { name: 'b', text: 'long' },
  ],
  list: ['long'],
  map: { a: 'long', constructor: 'long' },
}

function definition(spec: OpenApiSchema): CustomResourceDefinition {
  const version = (name: string, storage: boolean) => ({
    name,
    served: true,
    storage,
    subresources: { status: {} },
    schema: {
      openAPIV3Schema: {
        type: 'object',
        properties: {
          spec,
          status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        },
      },
    },
  })
  return {
    metadata: { name: 'things.example.org' },
    spec: {
      group: 'example.org',
      scope: 'Namespaced',
      names: { plural: 'things', kind: 'Thing' },
      versions: [version('v1', true), version('v1beta1', false)],
    },
  } as unknown as CustomResourceDefinition
}

let cluster: TestCluster
beforeEach(async () => {
  cluster = await TestCluster.create()
  await cluster.registry.create(CustomResourceDefinitionKind, definition(loose))
  const metadata = { name: 'a', namespace: 'default', finalizers: ['example.org/one'] }
  await cluster.registry.create(kindOf('v1'), { metadata, spec: copyJson(spec) } as unknown as Thing)
  await cluster.registry.modify(CustomResourceDefinitionKind, { name: 'things.example.org' }, draft => {
    draft.spec.versions = definition(tight).spec.versions
  })
})
afterEach(() => cluster.stop())

const key = { name: 'a', namespace: 'default' }
const kindOf = (version: string) =>
  cluster.options.kinds.current.find(
    kind => kind.kind === 'Thing' && kind.version === version,
  ) as unknown as Kind<Thing>
const change = (how: (draft: Thing) => void, version = 'v1') =>
  cluster.registry.modify(kindOf(version), key, how)
const fields = (how: (draft: Thing) => void, version?: string) =>
  change(how, version).then(
    () => [],
    (error: { details?: { causes?: { field: string }[] } }) =>
      error.details?.causes?.map(({ field }) => field) ?? [String(error)],
  )

test.each(['v1', 'v1beta1'])('an object of before loses its finalizer, and goes: %s', async version => {
  await cluster.registry.delete(kindOf(version), key)
  expect(cluster.registry.get(kindOf(version), 'a', 'default')?.metadata.deletionTimestamp).toBeDefined()
  await change(draft => {
    draft.metadata.finalizers = []
  }, version)
  expect(cluster.registry.get(kindOf(version), 'a', 'default')).toBeUndefined()
})

test.each(['v1', 'v1beta1'])('what was so before may stay, beside what changes: %s', async version => {
  const parts = [
    { name: 'c', text: 'x' },
    { name: 'b', text: 'long' },
    { name: 'a', text: 'long', left: 'over' },
  ]
  const changed = await change(draft => {
    Object.assign(draft.spec, { owner: 'me', text: 'x', parts, map: { ...spec.map, b: 'x' } })
  }, version)
  expect(changed?.spec).toEqual({
    owner: 'me',
    text: 'x',
    size: 5,
    parts: [parts[0], parts[1], { name: 'a', text: 'long' }],
    list: ['long'],
    map: { a: 'long', constructor: 'long', b: 'x' },
  })
  const status = await cluster.registry.modifyStatus(kindOf(version), key, draft => {
    draft.status = { phase: 'Ready' }
  })
  expect(status?.status).toEqual({ phase: 'Ready' })
})

test.each(['v1', 'v1beta1'])('what changes is held to the schema as it is: %s', async version => {
  expect(await fields(draft => (draft.spec.text = 'longer'), version)).toEqual(['spec.text', 'spec.owner'])
  const owned = (more: object) => (draft: Thing) => void Object.assign(draft.spec, { owner: 'me', ...more })
  expect(await fields(owned({ size: 6 }), version)).toEqual(['spec.size'])
  expect(await fields(owned({ parts: [{ name: 'a', text: 'longer' }] }), version)).toEqual([
    'spec.parts[0].text',
  ])
  expect(await fields(owned({ parts: [{ name: 'c', text: 'long' }] }), version)).toEqual([
    'spec.parts[0].text',
  ])
  // elements of a list without keys cannot be told to be the same
  expect(await fields(owned({ list: ['long', 'x'] }), version)).toEqual(['spec.list[0]'])
  expect(await fields(owned({ map: { ...spec.map, toString: 'long' } }), version)).toEqual([
    'spec.map[toString]',
  ])
  expect(await fields(owned({ left: 'changed' }), version)).toEqual([
    expect.stringContaining('unknown field "spec.left"'),
  ])
})
