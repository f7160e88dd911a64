import { describe, expect, it } from 'vitest'
import { ConfigMapKind } from '../../../../src-main/api/kinds/config-map.ts'
import { componentsOf } from '../../../../src-main/api/openapi/components.ts'
import { describeDefinition, type SpecSchema } from '../../../../src-main/api/openapi/definitions.ts'
import { type JsonSchema, schemaDefinitions } from '../../../../src-main/api/schema.ts'
import listTypes from './kubernetes-list-types.json' with { type: 'json' }

/** As Kubernetes' Go types declare it: how patches and server-side apply merge a field. */
interface Declared {
  listType?: string
  listMapKeys?: string[]
  mergeKey?: string
  strategy?: string
  mapType?: string
}

/** Groups that this API does not serve. */
const NOT_SERVED = /\.(admissionregistration|certificates|flowcontrol|resource|node)\./
const declared = Object.entries(listTypes as Record<string, Record<string, Declared>>).filter(
  // ComponentStatus and ServiceCIDR are not served either.
  ([name]) =>
    !NOT_SERVED.test(name) && !/\.(ComponentStatus|ServiceCIDRStatus|NodeAllocatable\w+)$/.test(name),
)

it('of a custom kind are its schema', async () => {
  const schema = { type: 'object', properties: { spec: { type: 'object', description: 'What is wanted.' } } }
  const { definitions } = await componentsOf(
    [{ ...ConfigMapKind, group: 'example.com', kind: 'Shop', schema }],
    'v3',
  )
  expect(definitions['com.example.v1.Shop']).toMatchObject(schema)
})

it('of an object that keeps unknown fields name no members in v2, where they would be all that kubectl takes', () => {
  const schema = {
    type: 'object',
    'x-kubernetes-preserve-unknown-fields': true,
    properties: { known: { type: 'string' } },
  }
  expect(describeDefinition('', schema, 'v2')).not.toHaveProperty('properties')
  expect(describeDefinition('', schema, 'v3')).toHaveProperty('properties.known')
})

describe('an object that may hold anything', () => {
  it.each(['v2', 'v3'] as const)('has no list of properties in %s', dialect => {
    const name = 'io.k8s.apimachinery.pkg.runtime.RawExtension'
    const described = describeDefinition(name, schemaDefinitions()[name] ?? {}, dialect)
    expect(described).toMatchObject({ type: 'object' })
    expect(described).not.toHaveProperty('properties')
  })
})

describe('the extensions of definitions', () => {
  it.each(declared)('of %s are those that Kubernetes publishes', (name, fields) => {
    const schema = describeDefinition(name, schemaDefinitions()[name] ?? {}, 'v3')
    const properties = schema.properties as Record<string, SpecSchema>
    for (const [field, expected] of Object.entries(fields)) {
      // Newer than the kinds' status that this API writes.
      if (field === 'nodeAllocatableResourceClaimStatuses') continue
      const actual = properties[field] ?? {}
      expect(
        {
          listType: actual['x-kubernetes-list-type'],
          listMapKeys: actual['x-kubernetes-list-map-keys'],
          mergeKey: actual['x-kubernetes-patch-merge-key'],
          strategy: actual['x-kubernetes-patch-strategy'],
          mapType: actual['x-kubernetes-map-type'],
        },
        `${name}.${field}`,
      ).toEqual({ listType: undefined, listMapKeys: undefined, mapType: undefined, ...expected })
    }
  })

  it('tell both dialects about values of two types, each in its way', () => {
    const name = 'io.k8s.apimachinery.pkg.util.intstr.IntOrString'
    const schema = schemaDefinitions()[name] ?? {}
    expect(describeDefinition(name, schema, 'v2')).toEqual({ type: 'string', format: 'int-or-string' })
    expect(describeDefinition(name, schema, 'v3')).toEqual({
      oneOf: [{ type: 'string' }, { type: 'integer' }],
      format: 'int-or-string',
    })
  })

  it('keep what a custom resource says about itself', () => {
    const schema = {
      type: 'object',
      'x-kubernetes-preserve-unknown-fields': true,
      properties: {
        size: { 'x-kubernetes-int-or-string': true },
        ports: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'integer', maximum: 9 } },
      },
    }
    expect(describeDefinition('com.example.v1.Backup', schema as JsonSchema, 'v3')).toEqual(schema)
  })
})
