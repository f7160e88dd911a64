import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { kinds } from '../../../../src-main/api/kinds/index.ts'
import { apiVersionOf, type Kind } from '../../../../src-main/api/kinds/kind.ts'
import { type JsonSchema, resolveSchema, schemaOf } from '../../../../src-main/api/schema.ts'
import { isStatusError } from '../../../../src-main/lib/errors.ts'
import type { KubeObject } from '../../../../src-main/api/types.ts'
import { FieldErrors } from '../../../../src-main/api/validation/field-errors.ts'
import { validateStructure } from '../../../../src-main/api/validation/structural.ts'
import { nothing } from './check.ts'

const MAX_DEPTH = 7

/** Any value that the schema lets in. */
function valueOf(schema: JsonSchema, depth = 0): fc.Arbitrary<unknown> {
  const {
    type,
    format,
    enum: values,
    properties,
    required = [],
    additionalProperties,
    items,
  } = resolveSchema(schema)
  if (values) return fc.constantFrom(...values)
  if (format === 'quantity') return fc.constantFrom('1', '100m', '2Gi', 3)
  if (format === 'int-or-string')
    return fc.oneof(fc.integer({ min: 0, max: 100 }), fc.constantFrom('25%', 'http'))
  if (format === 'date-time') return fc.constant('2026-01-02T03:04:05Z')
  if (format === 'byte') return fc.constantFrom('', 'AAAA')
  switch (type) {
    case 'string':
      return fc.constantFrom('', 'a', 'web-1', 'a.b/c')
    case 'integer':
    case 'number':
      return fc.constantFrom(0, 1, 7, 8080)
    case 'boolean':
      return fc.boolean()
    case 'array':
      return items && depth < MAX_DEPTH
        ? fc.array(valueOf(items, depth + 1), { maxLength: 2 })
        : fc.constant([])
  }
  if (properties) {
    const names = Object.keys(properties).filter(name => depth < MAX_DEPTH || required.includes(name))
    const members = names.map(name => [name, valueOf(properties[name] ?? {}, depth + 1)] as const)
    return fc.record(Object.fromEntries(members), {
      requiredKeys: required.filter(name => names.includes(name)),
    })
  }
  if (typeof additionalProperties === 'object' && depth < MAX_DEPTH) {
    return fc.dictionary(fc.constantFrom('a', 'b'), valueOf(additionalProperties, depth + 1), { maxKeys: 2 })
  }
  return fc.constant({})
}

/** Deep schemas make large generators: the parts that objects are about are enough. */
function objectOf(kind: Kind): fc.Arbitrary<KubeObject> {
  const { properties = {}, required = [] } = schemaOf(kind)
  const parts = Object.entries(properties).filter(
    ([name]) => !['apiVersion', 'kind', 'metadata', 'status'].includes(name),
  )
  const content = fc.record(Object.fromEntries(parts.map(([name, schema]) => [name, valueOf(schema)])), {
    requiredKeys: [...required, 'spec'].filter(name => name in properties && name !== 'metadata'),
  })
  return content.map(
    given =>
      ({
        apiVersion: apiVersionOf(kind),
        kind: kind.kind,
        metadata: {
          name: 'a',
          uid: 'u',
          resourceVersion: '1',
          creationTimestamp: '2026-01-02T03:04:05Z',
          ...(kind.namespaced ? { namespace: 'default' } : {}),
        },
        ...given,
      }) as KubeObject,
  )
}

/** Admission may refuse what it is given, in words. */
function prepare(kind: Kind, object: KubeObject): void {
  try {
    kind.prepareForCreate?.(object, nothing)
  } catch (error) {
    if (!isStatusError(error, 'Forbidden')) throw error
  }
}

const served = kinds.filter(kind => !kind.refused && kind.kind !== 'CustomResourceDefinition')

describe.each(served.map(kind => [`${apiVersionOf(kind)} ${kind.kind}`, kind] as const))(
  'any %s',
  (_, kind) => {
    test('gets the same defaults twice, is judged without a fault, and shown', () => {
      fc.assert(
        fc.property(objectOf(kind), object => {
          const { unknown, causes } = validateStructure(kind, object)
          expect(unknown).toEqual([])
          expect(causes).toEqual([])
          kind.defaults?.(object)
          const once = structuredClone(object)
          kind.defaults?.(object)
          expect(object).toEqual(once)
          const stored = kind.storedAs ? kind.storedAs.toStored(structuredClone(object)) : object
          const storage = kind.storedAs?.kind ?? kind
          storage.defaults?.(stored)
          prepare(storage, stored)
          storage.validate?.(stored, new FieldErrors())
          storage.validate?.(stored, new FieldErrors(), stored)
          for (const column of storage.columns) column.cell(stored, 0)
          for (const column of kind.columns) column.cell(object, 0)
        }),
        { numRuns: 40 },
      )
    })
  },
)

const converted = served.filter(({ storedAs }) => storedAs)

describe.each(converted.map(kind => [`${apiVersionOf(kind)} ${kind.kind}`, kind] as const))(
  'any %s',
  (_, kind) => {
    test('comes back from the store as it went in', () => {
      fc.assert(
        fc.property(objectOf(kind), object => {
          kind.defaults?.(object)
          const { storedAs } = kind
          const stored = storedAs?.toStored(structuredClone(object)) as KubeObject
          const shown = storedAs?.fromStored(stored) as KubeObject
          // A second journey must not change anything any more
          expect(storedAs?.fromStored(storedAs.toStored(structuredClone(shown)))).toEqual(shown)
          expect(shown).toMatchObject({ apiVersion: object.apiVersion, metadata: { name: 'a' } })
        }),
        { numRuns: 40 },
      )
    })
  },
)
