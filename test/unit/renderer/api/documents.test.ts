import { describe, expect, test } from 'vitest'
import { ApiError } from '../../../../src-renderer/api/api-error.ts'
import { problemsOf } from '../../../../src-renderer/api/apply-manifests.ts'
import { parseManifests } from '../../../../src-renderer/api/documents.ts'
import { fieldsInMessage, parseFieldPath } from '../../../../src-renderer/api/field-path.ts'

const TEXT = `# the shop
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels:
    app.kubernetes.io/name: web
spec:
  replicas: three
  template:
    spec:
      containers:
        - name: web
          image: ""
          ports:
            - containerPort: 99999
`

test.each([
  ['spec.replicas', ['spec', 'replicas']],
  ['spec.template.spec.containers[0].image', ['spec', 'template', 'spec', 'containers', 0, 'image']],
  ['metadata.labels[app.kubernetes.io/name]', ['metadata', 'labels', 'app.kubernetes.io/name']],
  ['data["nginx.conf"]', ['data', 'nginx.conf']],
  ['', []],
])('%s is %j', (path, steps) => {
  expect(parseFieldPath(path)).toEqual(steps)
})

test('strict decoding names its fields in the message', () => {
  const message = 'strict decoding error: unknown field "spec.replicass", duplicate field "spec.paused"'
  expect(fieldsInMessage(message).map(entry => entry.field)).toEqual(['spec.replicass', 'spec.paused'])
})

describe('where a field stands', () => {
  const [, second] = parseManifests(TEXT)
  test.each([
    ['spec.replicas', 14],
    ['spec.template.spec.containers[0].image', 19],
    ['spec.template.spec.containers[0].ports[0].containerPort', 21],
    ['metadata.labels[app.kubernetes.io/name]', 12],
    // what is missing is shown where it belongs
    ['spec.selector', 13],
    ['spec.template.metadata.labels', 15],
    ['', 7],
  ])('%s: line %i', (path, line) => {
    expect(second?.placeOf(path).line).toBe(line)
  })
})

test('every field that the API refused becomes a problem at its line', () => {
  const [, second] = parseManifests(TEXT)
  const error = new ApiError({
    code: 422,
    reason: 'Invalid',
    message: 'Deployment "web" is invalid',
    details: {
      causes: [
        { field: 'spec.selector', message: 'Required value' },
        { field: 'spec.template.spec.containers[0].image', message: 'Required value' },
      ],
    },
  })
  const problems = second ? problemsOf(second, error) : []
  expect(problems.map(({ place, message }) => [place.line, message])).toEqual([
    [13, 'spec.selector: Required value'],
    [19, 'spec.template.spec.containers[0].image: Required value'],
  ])
})

test('an error that names no field stands at the head of its document', () => {
  const [, second] = parseManifests(TEXT)
  const problems = second ? problemsOf(second, new ApiError({ code: 403, message: 'no' })) : []
  expect(problems).toMatchObject([{ place: { line: 7 }, message: 'no' }])
})

test('broken YAML, a missing name and a text that is no object are each told with their line', () => {
  const documents = parseManifests('a: [1\n---\napiVersion: v1\nkind: Pod\n---\njust text\n')
  expect(documents.map(document => document.manifest)).toEqual([undefined, undefined, undefined])
  expect(documents.slice(1).map(document => document.problems[0]?.place.line)).toEqual([3, 6])
  expect(documents[0]?.problems.length).toBeGreaterThan(0)
})

test('empty documents do not count, and comments are no document', () => {
  expect(
    parseManifests('---\n# nothing\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: a}\n'),
  ).toHaveLength(1)
})

test('YAML is read as kubectl reads it', () => {
  const text =
    'apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nx: [0644, yes, off, "yes", 22:22, 1.0, null]\n'
  const manifest = parseManifests(text)[0]?.manifest as { x?: unknown } | undefined
  expect(manifest?.x).toEqual([420, true, false, 'yes', '22:22', 1, null])
})

test('an alias bomb is a problem and not a hang', () => {
  const bomb = ['a: &a [x,x,x,x,x,x,x,x,x]']
  for (const [name, of] of ['ba', 'cb', 'dc', 'ed', 'fe', 'gf'].map(pair => [pair[0], pair[1]])) {
    bomb.push(`${name}: &${name} [*${of},*${of},*${of},*${of},*${of},*${of},*${of},*${of},*${of}]`)
  }
  const text = `apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n${bomb.join('\n')}\n`
  expect(parseManifests(text)[0]?.problems[0]?.message).toMatch(/alias/i)
})

describe('merge keys', () => {
  const merged = `apiVersion: v1
kind: ConfigMap
metadata: {name: settings, labels: &labels {app: shop, tier: web}}
data:
  <<: *labels
  tier: own
`

  test('are merged, as kubectl does', () => {
    const [document] = parseManifests(merged)
    expect(document?.problems).toEqual([])
    expect(document?.manifest).toMatchObject({ data: { app: 'shop', tier: 'own' } })
    expect(document?.placeOf('data.app').line).toBe(4)
  })

  test('that multiply are refused', () => {
    const levels = Array.from(
      { length: 20 },
      (_, level) => `  l${level + 1}: &l${level + 1} {p: {<<: *l${level}}, q: {<<: *l${level}}}\n`,
    )
    const [document] = parseManifests(`${merged}  l0: &l0 {x: {y: z}}\n${levels.join('')}`)
    expect(document?.problems).toMatchObject([{ message: expect.stringMatching(/alias/) }])
  })

  test('that name what is no map are refused', () => {
    const [document] = parseManifests(merged.replace('*labels', 'shop'))
    expect(document?.problems).toMatchObject([{ severity: 'error' }])
  })
})
