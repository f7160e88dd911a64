import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Budget } from '../../../../../src-main/api/custom/cel/budget.ts'
import { validateRules } from '../../../../../src-main/api/custom/cel/rules.ts'
import type { OpenApiSchema } from '../../../../../src-main/api/custom/open-api-schema.ts'
import { FieldErrors } from '../../../../../src-main/api/validation/field-errors.ts'
import { CustomResourceDefinitionKind } from '../../../../../src-main/api/kinds/custom-resource-definition.ts'
import type { Kind } from '../../../../../src-main/api/kinds/kind.ts'
import type { RequestOptions } from '../../../../../src-main/api/registry/request.ts'
import type { CustomResourceDefinition, KubeObject } from '../../../../../src-main/api/types.ts'
import { isStatusError } from '../../../../../src-main/lib/errors.ts'
import { TestCluster } from '../../../controllers/cluster.ts'
import { parseManifests } from '../../kinds/check.ts'

const text = readFileSync(new URL('definitions.yaml', import.meta.url), 'utf8')
const definitions = parseManifests(text) as unknown as CustomResourceDefinition[]

type Custom = KubeObject & { spec: Record<string, unknown>; status?: unknown }

let cluster: TestCluster
beforeEach(async () => {
  cluster = await TestCluster.create()
  for (const definition of definitions)
    await cluster.registry.create(CustomResourceDefinitionKind, definition)
})
afterEach(() => cluster.stop())

const kindOf = (name: string) =>
  cluster.options.kinds.current.find(({ kind }) => kind === name) as unknown as Kind<Custom>

/** What is wrong, as `field: message`. */
async function causesOf(write: Promise<unknown>): Promise<string[]> {
  const error = await write.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (error === undefined) return []
  if (!isStatusError(error, 'Invalid')) throw error
  return (error.details?.causes ?? []).map(({ field, message }) => `${field ?? ''}: ${message}`)
}

const create = (
  kind: string,
  spec: object,
  { name = 'a', ...options }: RequestOptions & { name?: string } = {},
) =>
  cluster.registry.create(
    kindOf(kind),
    { metadata: { name, namespace: 'default' }, spec } as unknown as Custom,
    options,
  )
const update = async (kind: string, spec: object, options: RequestOptions = {}) => {
  const current = cluster.registry.get(kindOf(kind), 'a', 'default') as Custom
  return cluster.registry.update(kindOf(kind), { ...current, spec } as Custom, options)
}

const web = { name: 'web', port: 80, protocol: 'HTTP' }

test('a map’s new key has no old value, whatever it is called', async () => {
  const errors = new FieldErrors()
  const rules = [{ rule: 'self == oldSelf', message: 'changed' }]
  const schema: OpenApiSchema = {
    type: 'object',
    additionalProperties: { type: 'string', 'x-kubernetes-validations': rules },
  }
  const object = { constructor: 'x', toString: 'x', kept: 'y' }
  const check = { errors, budget: new Budget(1_000_000), old: { kept: 'x' } }
  for (const _ of validateRules(schema, object, check)) void 0
  expect(errors.causes.map(({ field, message }) => `${field ?? ''}: ${message}`)).toEqual([
    '[kept]: Invalid value: "string": changed',
  ])
})

describe('on create', () => {
  test.each<[string, string, object, string[]]>([
    ['all that is right', 'Gate', { listeners: [web, { ...web, name: 'b', hostname: '*.a.org' }], minimum: 1, maximum: 1 }, []],
    [
      'a list',
      'Gate',
      { listeners: [{ ...web, tls: { mode: 'Passthrough' } }] },
      [`spec.listeners: Invalid value: "array": tls must not be specified for protocols ['HTTP', 'TCP', 'UDP']`],
    ],
    [
      'a list of which no two may be alike',
      'Gate',
      { listeners: [web, { ...web, name: 'b' }] },
      ['spec.listeners: Invalid value: "array": Combination of port, protocol and hostname must be unique for each listener'],
    ],
    [
      'an element’s field',
      'Gate',
      { listeners: [{ ...web, hostname: 'A_' }] },
      ['spec.listeners[0].hostname: Invalid value: "string": must be a host name'],
    ],
    [
      'an object with a path to the field at fault, and a reason',
      'Gate',
      { listeners: [{ ...web, protocol: 'TLS', tls: {} }] },
      ['spec.listeners[0].tls.certificateRefs: Required value: certificateRefs must be specified when mode is Terminate'],
    ],
    [
      'a message that is an expression',
      'Gate',
      { listeners: [web], minimum: 3, maximum: 2 },
      ['spec.minimum: Invalid value: "object": minimum 3 is above maximum 2'],
    ],
    [
      'a rule without a message, about a name that is a keyword',
      'Gate',
      { listeners: [{ ...web, parents: [{ name: 'a', namespace: '' }] }] },
      [`spec.listeners[0].parents[0]: Invalid value: "object": failed rule: !has(self.__namespace__) || self.__namespace__ != ''`],
    ],
    ['a duration', 'Cert', { duration: '30m' }, ['spec.duration: Invalid value: "string": must be 1h at least']],
    [
      'a value that the rule cannot read',
      'Cert',
      { duration: 'soon' },
      ['spec.duration: Invalid value: "string": time: invalid duration "soon" evaluating rule: must be 1h at least'],
    ],
    ['a quantity', 'Cert', { memory: '4Gi' }, ['spec.memory: Invalid value: "string": must be below 4Gi']],
    ['a map’s value', 'Cert', { labels: { a: 'x', b: 'X' } }, ['spec.labels[b]: Invalid value: "string": must be of small letters']],
    ['int or string: an int', 'Cert', { port: 0 }, ['spec.port: Invalid value: "": must be positive or a percentage']],
    [
      'int or string: a string where a number is asked for',
      'Cert',
      { port: '5%' },
      [
        `spec: Invalid value: "object": 'no such overload: _<_(string, int)': call arguments did not match a supported operator, function or macro signature for rule: port is too high`,
      ],
    ],
    ['an escaped name', 'Cert', { 'x-mode.v1/a': 'bad' }, ['spec: Invalid value: "object": bad mode']],
    [
      'the known part of an open object',
      'Cert',
      { open: { kind: 'None', more: [1] } },
      [`spec.open: Invalid value: "object": failed rule: !has(self.kind) || self.kind != 'None'`],
    ],
    [
      'an embedded object',
      'Cert',
      { template: { apiVersion: 'v1', kind: 'Secret', metadata: { namespace: 'x' } } },
      ['spec.template: Invalid value: "object": must be a Secret with a name'],
    ],
    ['an embedded object that is right', 'Cert', { template: { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'x' } } }, []],
    ['several at once', 'Cert', { duration: '1m', memory: 'x' }, ['spec.duration: Invalid value: "string": must be 1h at least', 'spec.memory: Invalid value: "string": must be below 4Gi']],
  ])('%s', async (_, kind, spec, causes) => expect(await causesOf(create(kind, spec))).toEqual(causes)) // prettier-ignore

  test('the whole object, of which the names are known', async () => {
    expect(await causesOf(create('Gate', { listeners: [web] }, { name: 'a'.repeat(21) }))).toEqual([
      '<nil>: Invalid value: "object": the name may not be longer than 20 characters',
    ])
  })

  test('what its schema refuses is not held against them, and says so', async () => {
    expect(await causesOf(create('Cert', { duration: '1m', memory: 5 }))).toEqual([
      'spec.memory: Invalid value: 5: must be of type string, but is number',
      '<nil>: Invalid value: "null": some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
    ])
  })

  test('a dry run is held against them too', async () => {
    expect(await causesOf(create('Cert', { duration: '1m' }, { dryRun: true }))).toHaveLength(1)
  })

  test('rules about what was before say nothing', async () => {
    expect(await causesOf(create('Gate', { listeners: [web], class: 'x', paused: true }))).toEqual([])
  })
})

describe('on update', () => {
  test('a field may not change', async () => {
    await create('Gate', { listeners: [web], class: 'x' })
    expect(await causesOf(update('Gate', { listeners: [web], class: 'y' }))).toEqual([
      'spec.class: Forbidden: class is immutable',
    ])
    expect(await causesOf(update('Gate', { listeners: [web], class: 'x', minimum: 1 }))).toEqual([])
  })

  test('an element of a list by keys is the one of before, wherever it stands', async () => {
    await create('Gate', { listeners: [web] })
    const other = { name: 'new', port: 81, protocol: 'TCP' }
    expect(await causesOf(update('Gate', { listeners: [other, { ...web, port: 82 }] }))).toEqual([
      'spec.listeners[1].port: Invalid value: "integer": port is immutable',
    ])
    expect(await causesOf(update('Gate', { listeners: [other, web] }))).toEqual([])
  })

  test('a set is the same in another order', async () => {
    await create('Cert', { days: ['mon', 'tue'] })
    expect(await causesOf(update('Cert', { days: ['tue', 'mon'] }))).toEqual([])
    expect(await causesOf(update('Cert', { days: ['tue', 'wed'] }))).toEqual([
      'spec: Invalid value: "object": days may come in another order only',
    ])
  })

  test('an old value that may be missing', async () => {
    await create('Cert', {})
    expect(await causesOf(update('Cert', { secretName: 'a' }))).toEqual([])
    expect(await causesOf(update('Cert', { secretName: 'b' }))).toEqual([
      'spec.secretName: Invalid value: "string": secretName may not change',
    ])
  })

  test('what broke a rule before that did not change may stay, with a warning', async () => {
    const [gates] = definitions as [CustomResourceDefinition]
    const lax = structuredClone(gates)
    await create('Gate', { listeners: [web], minimum: 1, maximum: 1 })
    const stored = cluster.registry.get(CustomResourceDefinitionKind, gates.metadata.name)
    const schema = lax.spec.versions[0]?.schema?.openAPIV3Schema as { properties: { spec: Record<string, unknown> } }
    ;(schema.properties.spec['x-kubernetes-validations'] as unknown[]).push({ rule: 'self.minimum > 5', message: 'too little' })
    await cluster.registry.update(CustomResourceDefinitionKind, { ...lax, metadata: { ...lax.metadata, resourceVersion: stored?.metadata.resourceVersion ?? '' } } as CustomResourceDefinition)
    const warnings: string[] = []
    const current = cluster.registry.get(kindOf('Gate'), 'a', 'default') as Custom
    await cluster.registry.update(kindOf('Gate'), { ...current, metadata: { ...current.metadata, labels: { a: 'b' } } }, { warn: warning => warnings.push(warning) })
    expect(warnings).toEqual(['spec: Invalid value: "object": too little'])
    expect(await causesOf(update('Gate', { listeners: [web], minimum: 2 }))).toEqual([
      'spec: Invalid value: "object": too little',
    ])
  }) // prettier-ignore
})

describe('a definition', () => {
  const [gates] = definitions as [CustomResourceDefinition]
  const schemaOf = (version: CustomResourceDefinition['spec']['versions'][number] | undefined) =>
    (version?.schema?.openAPIV3Schema as { properties: { spec: Record<string, unknown> } }).properties.spec
  const withRule = (rule: object) => {
    const definition = structuredClone(gates)
    definition.metadata.name = 'doors.traffic.example.org'
    definition.spec.names = { plural: 'doors', kind: 'Door' } as typeof definition.spec.names
    schemaOf(definition.spec.versions[0])['x-kubernetes-validations'] = [rule]
    return definition
  }

  test('with a rule that cannot be compiled is refused', async () => {
    const rule = { rule: 'self.minimun > 0' }
    expect(await causesOf(cluster.registry.create(CustomResourceDefinitionKind, withRule(rule)))).toEqual([
      `spec.versions[0].schema.openAPIV3Schema.properties[spec].x-kubernetes-validations[0].rule: Invalid value: {"rule":"self.minimun > 0"}: compilation failed: ERROR: <input>:1:5: undefined field 'minimun'\n | self.minimun > 0\n | ....^`,
    ])
  })

  test('with a rule that only Kubernetes can evaluate is let in with a warning', async () => {
    const warnings: string[] = []
    const warn = (warning: string) => warnings.push(warning)
    const definition = withRule({ rule: "isImage('x') && self.minimum > 5" })
    await cluster.registry.create(CustomResourceDefinitionKind, definition, { warn })
    expect(warnings).toEqual([
      'spec.versions[0].schema.openAPIV3Schema.properties[spec].x-kubernetes-validations[0].rule: is stored, but not evaluated: Coxswain does not have the function isImage of CEL',
    ])
    expect(await causesOf(create('Door', { listeners: [web], minimum: 1 }))).toEqual([])
  })

  test('of several versions holds an object against the rules of the one that it is written in', async () => {
    const definition = withRule({ rule: 'self.minimum > 5', message: 'stored' })
    const [stored] = definition.spec.versions
    const other = structuredClone(stored) as typeof stored & object
    Object.assign(other, { name: 'v2', storage: false })
    schemaOf(other)['x-kubernetes-validations'] = [{ rule: 'self.minimum < 5', message: 'written' }]
    definition.spec.versions.push(other)
    await cluster.registry.create(CustomResourceDefinitionKind, definition)
    const doors = (version: string) =>
      cluster.options.kinds.current.find(
        kind => kind.kind === 'Door' && kind.version === version,
      ) as unknown as Kind<Custom>
    const v2 = doors('v2')
    const door = (minimum: number, name = 'a') =>
      ({ metadata: { name, namespace: 'default' }, spec: { listeners: [web], minimum } }) as unknown as Custom
    expect(await causesOf(cluster.registry.create(v2, door(6)))).toEqual([
      'spec: Invalid value: "object": written',
    ])
    expect(await causesOf(cluster.registry.create(kindOf('Door'), door(1)))).toEqual([
      'spec: Invalid value: "object": stored',
    ])
    await cluster.registry.create(v2, door(1))

    // also where the stored version has none
    schemaOf(definition.spec.versions[0])['x-kubernetes-validations'] = []
    const { resourceVersion = '' } =
      cluster.registry.get(CustomResourceDefinitionKind, definition.metadata.name)?.metadata ?? {}
    const changed = { ...definition, metadata: { ...definition.metadata, resourceVersion } }
    await cluster.registry.update(CustomResourceDefinitionKind, changed as CustomResourceDefinition)
    expect(await causesOf(cluster.registry.create(doors('v2'), door(6, 'b')))).toEqual([
      'spec: Invalid value: "object": written',
    ])
    await cluster.registry.create(doors('v1'), door(6, 'b'))
  })
})
