import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeObject } from '../../../../src-main/api/protobuf/decode-object.ts'
import { messages } from '../../../../src-main/api/protobuf/messages.ts'
import {
  bytesField,
  message,
  numberField,
  readFields,
  WireError,
} from '../../../../src-main/api/protobuf/wire.ts'
import { schemaDefinitions } from '../../../../src-main/api/schema.ts'
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
    expect(decodeObject(deployment)).toMatchObject({ spec: { replicas: 0 } })
    expect(decodeObject(deployment).spec as object).toEqual({ replicas: 0 })
  })

  it.each([
    [
      'a kind that is known only as JSON',
      body('apps/v1', 'StatefulSet'),
      'apps/v1 StatefulSet is not read as protobuf',
    ],
    [
      'a kind in another group',
      body('example.com/v1', 'Secret'),
      'example.com/v1 Secret is not read as protobuf',
    ],
    ['a field that is not in the table', body('v1', 'Secret', bytesField(99, '')), 'field 99 of Secret'],
    [
      'a status that would be lost',
      body('v1', 'Namespace', bytesField(3, bytesField(1, 'Active'))),
      'a status that says something',
    ],
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

describe('the table of messages', () => {
  const known = Object.entries(schemaDefinitions()).map(
    ([name, schema]) => [name.split('.').at(-1), schema] as const,
  )
  const aliases: Record<string, string> = {
    KeySelector: 'SecretKeySelector',
    EnvSource: 'SecretEnvSource',
    RollingUpdate: 'RollingUpdateDeployment',
    HorizontalPodAutoscalerV1: 'HorizontalPodAutoscaler',
    HorizontalPodAutoscalerSpecV1: 'HorizontalPodAutoscalerSpec',
  }
  const inJson = Object.entries(messages).filter(
    ([name]) => !/^(LifecycleHandler|ProbeHandler|VolumeSource|IngressRuleValue)$/.test(name),
  )

  it.each(inJson)('names only fields of %s that its schema has', (name, lines) => {
    const names = lines
      .split(', ')
      .filter(line => !line.includes(' ~'))
      .map(line => line.split(' ')[1] ?? '')
    const schemas = known.filter(([short]) => short === (aliases[name] ?? name)).map(([, schema]) => schema)
    const fields = new Set(schemas.flatMap(schema => Object.keys(schema.properties ?? {})))
    expect(names.filter(field => !fields.has(field))).toEqual([])
  })

  it.each(Object.entries(messages))('uses each number of %s once', (_name, lines) => {
    const numbers = lines.split(', ').map(line => Number(line.split(' ')[0]))
    expect(new Set(numbers).size).toBe(numbers.length)
  })
})
