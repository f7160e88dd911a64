import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeObject } from '../../../../src-main/api/protobuf/decode-object.ts'
import { apiVersionOf } from '../../../../src-main/api/kinds/kind.ts'
import { kinds } from '../../../../src-main/api/kinds/index.ts'
import { messageOf, messages } from '../../../../src-main/api/protobuf/messages.ts'
import {
  bytesField,
  message,
  numberField,
  readFields,
  WireError,
} from '../../../../src-main/api/protobuf/wire.ts'
import { type JsonSchema, resolveSchema } from '../../../../src-main/api/schema.ts'
import { StatusError } from '../../../../src-main/lib/errors.ts'

function body(apiVersion: string, kind: string, ...fields: Buffer[]): Buffer {
  const type = message(bytesField(1, apiVersion), bytesField(2, kind))
  return message(Buffer.from('k8s\0'), bytesField(1, type), bytesField(2, message(...fields)))
}
const metadata = (name: string) =>
  bytesField(
    1,
    message(bytesField(1, name), bytesField(2, ''), bytesField(3, ''), numberField(7, 0), bytesField(8, '')),
  )
const entry = (key: string, value: string | Buffer) => message(bytesField(1, key), bytesField(2, value))

describe('a body of Kubernetes’ protobuf', () => {
  it('has no more fields than an object has use for', () => {
    const finalizers = Array.from({ length: 70_000 }, () => bytesField(14, 'x'))
    expect(() => decodeObject(body('v1', 'Secret', bytesField(1, message(...finalizers))))).toThrow(
      'more than 64000 fields',
    )
  })

  it('gives the object that JSON would have given', () => {
    expect(
      decodeObject(
        body('v1', 'Secret', metadata('s'), bytesField(2, entry('a', 'b')), bytesField(3, 'Opaque')),
      ),
    ).toEqual({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 's' },
      data: { a: 'Yg==' },
      type: 'Opaque',
    })
  })

  it('has quantities, ports of two types and times', () => {
    const quantity = (value: string) => bytesField(1, value)
    const quota = body(
      'v1',
      'ResourceQuota',
      metadata('q'),
      bytesField(2, bytesField(1, entry('cpu', quantity('1')))),
      bytesField(3, ''),
    )
    expect(decodeObject(quota)).toMatchObject({ spec: { hard: { cpu: '1' } } })
    const port = (targetPort: Buffer) =>
      bytesField(
        1,
        message(bytesField(2, 'TCP'), numberField(3, 80), bytesField(4, targetPort), numberField(5, 0)),
      )
    const service = body(
      'v1',
      'Service',
      bytesField(1, message(bytesField(1, 's'), bytesField(8, numberField(1, 1_767_225_600)))),
      bytesField(
        2,
        message(
          port(message(numberField(1, 0), numberField(2, 8080), bytesField(3, ''))),
          port(message(numberField(1, 1), numberField(2, 0), bytesField(3, 'http'))),
        ),
      ),
    )
    expect(decodeObject(service)).toEqual({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 's', creationTimestamp: '2026-01-01T00:00:00Z' },
      spec: {
        ports: [
          { protocol: 'TCP', port: 80, targetPort: 8080 },
          { protocol: 'TCP', port: 80, targetPort: 'http' },
        ],
      },
    })
  })

  it('keeps zeros that mean something, and drops those that mean absent', () => {
    const deployment = body(
      'apps/v1',
      'Deployment',
      metadata('d'),
      bytesField(2, message(numberField(1, 0), numberField(5, 0), numberField(7, false))),
    )
    expect(decodeObject(deployment).spec).toEqual({ replicas: 0 })
    const none = message(numberField(1, 0), numberField(2, 0), bytesField(3, ''))
    const budget = body('policy/v1', 'PodDisruptionBudget', metadata('b'), bytesField(2, bytesField(3, none)))
    expect(decodeObject(budget).spec).toEqual({ maxUnavailable: 0 })
    const priority = body('scheduling.k8s.io/v1', 'PriorityClass', metadata('p'), numberField(2, 0))
    expect(decodeObject(priority)).toMatchObject({ value: 0 })
  })

  it('has times to the microsecond, raw JSON and lists in a map', () => {
    const moment = message(numberField(1, 1_767_225_600), numberField(2, 1_234_000))
    const lease = body('coordination.k8s.io/v1', 'Lease', bytesField(2, bytesField(4, moment)))
    expect(decodeObject(lease).spec).toEqual({ renewTime: '2026-01-01T00:00:00.001234Z' })
    const revision = (data: string) =>
      body('apps/v1', 'ControllerRevision', bytesField(2, bytesField(1, data)), numberField(3, 7))
    expect(decodeObject(revision('{"spec":{"a":1}}'))).toMatchObject({
      data: { spec: { a: 1 } },
      revision: 7,
    })
    expect(() => decodeObject(revision('{'))).toThrow('is no JSON')
    const extra = entry('scopes', message(bytesField(1, 'a'), bytesField(1, 'b')))
    const review = body('authorization.k8s.io/v1', 'SubjectAccessReview', bytesField(2, bytesField(5, extra)))
    expect(decodeObject(review).spec).toEqual({ extra: { scopes: ['a', 'b'] } })
  })

  it.each([
    [
      'a kind that is known only as JSON',
      body('apiextensions.k8s.io/v1', 'CustomResourceDefinition'),
      'apiextensions.k8s.io/v1 CustomResourceDefinition is not read as protobuf',
    ],
    [
      'a kind in another group',
      body('example.com/v1', 'Secret'),
      'example.com/v1 Secret is not read as protobuf',
    ],
    ['a field that is not in the table', body('v1', 'Secret', bytesField(99, '')), 'field 99 of Secret'],
  ])('is refused for %s', (_why, bytes, words) => {
    expect(() => decodeObject(bytes)).toThrow(words)
  })

  it('never comes to anything but an object or a refusal, whatever the bytes', () => {
    const tries = (bytes: Buffer) => {
      try {
        expect(decodeObject(bytes)).toHaveProperty('kind')
      } catch (error) {
        expect(error).toBeInstanceOf(StatusError)
        expect((error as StatusError).code).toBeLessThan(500)
      }
    }
    const raw = fc.uint8Array({ maxLength: 200 }).map(bytes => Buffer.from(bytes))
    fc.assert(
      fc.property(raw, bytes => tries(Buffer.concat([Buffer.from('k8s\0'), bytes]))),
      { numRuns: 2000 },
    )
    fc.assert(
      fc.property(fc.constantFrom('Secret', 'ConfigMap', 'Pod', 'Service'), raw, (kind, bytes) =>
        tries(body('v1', kind, bytes)),
      ),
      { numRuns: 2000 },
    )
  })
})

describe('the wire format', () => {
  it('reads what it writes', () => {
    const fields = fc.array(fc.record({ number: fc.integer({ min: 1, max: 500 }), value: fc.string() }))
    fc.assert(
      fc.property(fields, list => {
        const bytes = message(...list.map(({ number, value }) => bytesField(number, value)))
        const read = [...readFields(bytes)].map(({ number, value }) => ({
          number,
          value: Buffer.from(value as Uint8Array).toString(),
        }))
        expect(read).toEqual(
          list.map(({ number, value }) => ({ number, value: Buffer.from(value).toString() })),
        )
      }),
    )
  })

  it('is cut off nowhere unnoticed', () => {
    const bytes = message(bytesField(1, 'abc'), numberField(2, 300))
    for (const end of [1, 2, 3, 4, 6, 7]) {
      expect(() => [...readFields(bytes.subarray(0, end))]).toThrow(WireError)
    }
  })
})

/** What newer versions of Kubernetes have added since v0.33: not read as protobuf, and refused in words. */
const NEWER = [
  'Container.restartPolicyRules',
  'EphemeralContainer.restartPolicyRules',
  'EnvVarSource.fileKeyRef',
  'PodSpec.hostnameOverride',
  'PodSpec.schedulingGroup',
  'VolumeProjection.podCertificate',
  'CSIDriverSpec.preventPodSchedulingIfMissing',
  'CSIDriverSpec.serviceAccountTokenInSecrets',
]
const isStatus = (name: string) => /Status$|^ResourceHealth$/.test(name)

interface Line {
  number: number
  name: string
  form: string
  type: string
}

function linesOf(name: string): Line[] {
  return (messages[name] ?? '').split(', ').map(line => {
    const [number, field = '', given = 'string'] = line.split(' ')
    const [, form = '', type = ''] = /^(\[\]|\{\}|~|\*)?(.+)$/.exec(given) ?? []
    return { number: Number(number), name: field, form, type }
  })
}

/** The fields that JSON has: those of embedded structs are their owner's. */
function jsonFields(name: string): Line[] {
  return linesOf(name).flatMap(line => (line.form === '~' ? jsonFields(line.type) : [line]))
}

function formOf(schema: JsonSchema): string {
  if (schema.type === 'array') return '[]'
  const { additionalProperties } = schema
  return typeof additionalProperties === 'object' ? '{}' : ''
}

describe('the table of messages', () => {
  const roots = kinds.filter(kind => messageOf(apiVersionOf(kind), kind.kind) !== undefined)
  const compared = new Map<string, { message: string; schema: JsonSchema }>()
  const visit = (message: string, reference: JsonSchema) => {
    const name = reference.$ref?.slice('#/definitions/'.length) ?? ''
    const schema = resolveSchema(reference)
    if (compared.has(`${message} ${name}`) || !schema.properties || !messages[message]) return
    compared.set(`${message} ${name}`, { message, schema })
    for (const { name: field, type } of jsonFields(message)) {
      const member = schema.properties[field]
      if (!member) continue
      const { additionalProperties: values } = member
      visit(type, member.items ?? (typeof values === 'object' ? values : resolveAll(member)))
    }
  }
  for (const kind of roots) {
    visit(messageOf(apiVersionOf(kind), kind.kind) ?? '', { $ref: `#/definitions/${String(kind.schema)}` })
  }

  it('has every kind that is served and that Kubernetes has as protobuf', () => {
    const others = kinds
      .filter(kind => !roots.includes(kind) && !kind.refused)
      .map(kind => `${apiVersionOf(kind)} ${kind.kind}`)
    expect(others.filter(name => !/v1beta1|apiextensions|coxswain/.test(name))).toEqual([])
    expect(compared.size).toBeGreaterThan(250)
  })

  it.each([...compared])('has the fields of the schema: %s', (_name, { message: name, schema }) => {
    const fields = jsonFields(name)
    const properties = schema.properties ?? {}
    expect(fields.map(field => field.name).filter(field => !(field in properties))).toEqual([])
    const known = new Set(fields.map(field => field.name))
    const missing = Object.keys(properties).filter(
      field => !known.has(field) && field !== 'apiVersion' && field !== 'kind',
    )
    expect(
      isStatus(name) ? [] : missing.map(field => `${name}.${field}`).filter(field => !NEWER.includes(field)),
    ).toEqual([])
    for (const { name: field, form, type } of fields) {
      if (type === 'Json' || type === 'ExtraValue') continue
      expect([field, form === '*' ? '' : form]).toEqual([field, formOf(properties[field] ?? {})])
    }
  })

  it.each(Object.keys(messages))('uses each number of %s once', name => {
    const numbers = linesOf(name).map(({ number }) => number)
    expect(new Set(numbers).size).toBe(numbers.length)
  })

  it('knows every type that it names', () => {
    const simple = /^(string|bytes|int|bool|Quantity|Time|MicroTime|IntOrString|Json|ExtraValue)$/
    const named = Object.keys(messages).flatMap(name => linesOf(name).map(({ type }) => type))
    expect(named.filter(type => !simple.test(type) && !messages[type])).toEqual([])
  })
})

/** A field's schema may hold its reference in an `allOf`. */
function resolveAll(schema: JsonSchema): JsonSchema {
  return schema.$ref ? schema : (schema.allOf?.[0] ?? schema)
}
