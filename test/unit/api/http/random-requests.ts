import fc from 'fast-check'

/** The part of a served `/openapi/v2` that requests are made from. */
export interface Swagger {
  paths: Record<string, Record<string, Operation | undefined>>
  definitions: Record<string, Schema>
}

interface Operation {
  consumes?: string[]
  parameters?: { name: string; in: string; type?: string; schema?: Schema }[]
}

interface Schema {
  $ref?: string
  type?: string | string[]
  format?: string
  enum?: string[]
  properties?: Record<string, Schema>
  additionalProperties?: Schema | boolean
  items?: Schema
}

export interface RandomRequest {
  method: string
  path: string
  headers: Record<string, string>
  body: string | undefined
}

type Generate = fc.GeneratorValue

const METHODS = ['get', 'put', 'post', 'delete', 'patch']
const MAX_DEPTH = 7
const NAMES = [
  'a',
  'web',
  'default',
  'kube-system',
  'pods.example.com',
  'A_B',
  '..',
  '%00',
  'x'.repeat(300),
  'ä',
]
const TYPES = [
  'application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf', 'application/json-patch+json',
  'application/merge-patch+json', 'application/strategic-merge-patch+json', 'application/apply-patch+yaml',
  'text/plain', '', ';;', 'application/json; charset=latin1',
] // prettier-ignore
const ACCEPTED = [
  'application/json', '*/*', 'application/json;as=Table;v=v1;g=meta.k8s.io', 'text/plain', ';', 'application/yaml',
  'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io', 'application/vnd.kubernetes.protobuf',
] // prettier-ignore
const TEXTS = [
  '', 'a', 'true', '0', '-1', '1e309', '100m', '99999999999999999999', '10.0.0.1', '2026-01-01T00:00:00Z', '*/5 * * * *',
  'a=b', 'a in (b,c)', '!', '\u0000', '\ud800', '__proto__', 'constructor', 'x'.repeat(5_000), '(((((((((', '/etc/x',
] // prettier-ignore

/** Requests to whatever the document describes: some right, most of them wrong in one place or another. */
export function randomRequests(document: Swagger): fc.Arbitrary<RandomRequest> {
  const operations = Object.entries(document.paths).flatMap(([path, item]) =>
    METHODS.flatMap(method => {
      const operation = item[method]
      return operation ? [{ path, method: method.toUpperCase(), operation }] : []
    }),
  )
  return fc.gen().map(generate => {
    const { path, method, operation } = pick(generate, operations)
    const { consumes = [], parameters = [] } = operation
    const query = parameters

      .filter(each => each.in === 'query' && chance(generate, 0.25))
      .map(({ name, type }) => `${name}=${encodeURIComponent(parameter(generate, name, type))}`)
    const usual = consumes.length > 0 && chance(generate, 0.9)
    const type = pick(generate, usual ? consumes : TYPES)
    const schema = parameters.find(each => each.in === 'body')?.schema
    const value = schema && valueOf(generate, schema, { document, depth: 0 })
    return {
      method,
      path: `${path.replace(/\{(\w+)\}/g, (_, name: string) => segment(generate, name))}${query.length > 0 ? `?${query.join('&')}` : ''}`,
      headers: {
        ...(schema ? { 'Content-Type': type } : {}),
        Accept: pick(generate, ACCEPTED),
        'User-Agent': chance(generate, 0.5) ? 'kubectl/v1.30.0' : 'abuse',
      },
      body: schema && mutated(generate, bodyOf(generate, type, value)),
    }
  })
}

function chance(generate: Generate, share: number): boolean {
  return whole(generate, { min: 0, max: 999 }) < share * 1000
}

function pick<T>(generate: Generate, list: readonly T[]): T {
  return list[whole(generate, { min: 0, max: list.length - 1 })] as T
}

/** Without fast-check's love of small numbers and bounds: here they choose what is made, and are nothing themselves. */
function whole(generate: Generate, bounds: { min: number; max: number }): number {
  return generate(() => fc.noBias(fc.integer(bounds)))
}

function segment(generate: Generate, parameter: string): string {
  if (chance(generate, 0.7)) return parameter === 'namespace' ? 'default' : 'web'
  return encodeURIComponent(pick(generate, NAMES))
}

const VALUES: Record<string, readonly string[]> = {
  dryRun: ['All'],
  fieldManager: ['abuse', 'kubectl'],
  fieldValidation: ['Strict', 'Warn', 'Ignore'],
  fieldSelector: ['metadata.name=web', 'metadata.namespace!=a'],
  labelSelector: ['app=web', 'app in (a,b),!c', 'a notin (b)'],
  propagationPolicy: ['Orphan', 'Background', 'Foreground'],
}

function parameter(generate: Generate, name: string, type: string | undefined): string {
  const usual =
    VALUES[name] ?? (type === 'boolean' ? ['true', 'false'] : type === 'integer' ? ['1', '3', '-1'] : [])
  // Addresses cannot hold half of a character.
  const value = usual.length > 0 && chance(generate, 0.8) ? pick(generate, usual) : pick(generate, TEXTS)
  return value.replace(/[\ud800-\udfff]/g, '')
}

function bodyOf(generate: Generate, type: string, value: unknown): string {
  if (type !== 'application/json-patch+json') return JSON.stringify(value) ?? ''
  const operations = Array.from({ length: whole(generate, { min: 0, max: 4 }) }, () => ({
    op: pick(generate, ['add', 'remove', 'replace', 'move', 'copy', 'test', 'no']),
    path: pick(generate, ['', '/', '/metadata/labels/a', '/spec', '/spec/containers/-', '/~2', '/0']),
    from: '/metadata',
    value: rubbish(generate),
  }))
  return JSON.stringify(operations)
}

/** Now and then a body is cut off, or has something else in the middle. */
function mutated(generate: Generate, body: string): string {
  if (!chance(generate, 0.15)) return body
  const at = whole(generate, { min: 0, max: body.length })
  const inserted = pick(generate, ['', '{', ']', '"', '\\', '\u0000', '&a *a', '\n- ', '{"a":'])
  return body.slice(0, at) + inserted + (chance(generate, 0.5) ? body.slice(at + 1) : '')
}

function rubbish(generate: Generate): unknown {
  return generate(() =>
    fc.oneof(
      fc.constantFrom<unknown>(null, 0, -1, 1.5, 1e308, true, [], {}, [null], [[]], { a: null }, ...TEXTS),
      fc.jsonValue({ maxDepth: 3 }),
    ),
  )
}

function valueOf(
  generate: Generate,
  schema: Schema,
  { document, depth }: { document: Swagger; depth: number },
): unknown {
  if (chance(generate, 0.01)) return rubbish(generate)
  const { type, enum: values, properties, additionalProperties, items } = resolved(schema, document)
  const inner = { document, depth: depth + 1 }
  if (values) return pick(generate, values)
  if (properties) {
    // What every object has, for else none would get further than its name
    const share = depth < 1 ? 0.9 : depth < MAX_DEPTH ? 0.15 : 0
    return Object.fromEntries(
      Object.entries(properties)
        .filter(([name]) => name === 'metadata' || name === 'name' || chance(generate, share))
        .map(([name, property]) => [name, name === 'name' ? 'web' : valueOf(generate, property, inner)]),
    )
  }
  if (type === 'array') {
    const length = depth < MAX_DEPTH ? whole(generate, { min: 0, max: 2 }) : 0
    return Array.from({ length }, () => valueOf(generate, items ?? {}, inner))
  }
  if (typeof additionalProperties === 'object') {
    return { [pick(generate, TEXTS)]: valueOf(generate, additionalProperties, inner) }
  }
  if (type === 'boolean') return chance(generate, 0.5)
  if (type === 'integer' || type === 'number') return whole(generate, { min: -1, max: 70_000 })
  return type === 'object' ? rubbish(generate) : pick(generate, TEXTS)
}

function resolved(schema: Schema, { definitions }: Swagger): Schema {
  const name = schema.$ref?.split('/').at(-1)
  return name === undefined ? schema : (definitions[name] ?? {})
}
