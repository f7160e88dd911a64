import { expect, test } from 'vitest'
import { kinds } from '../../../../src-main/api/kinds/index.ts'
import { reachableDefinitions, schemaOf } from '../../../../src-main/api/schema.ts'
import type { KubeObject } from '../../../../src-main/api/types.ts'
import { dropNulls, validateStructure } from '../../../../src-main/api/validation/structural.ts'
import { kindOf, manifest } from '../kinds/check.ts'

const structureOf = (text: string) => {
  const object = manifest(text)
  return validateStructure(kindOf(object), object)
}

test('every unknown field and every wrong type is named at once', () => {
  const { unknown, causes } = structureOf(`
apiVersion: apps/v1
kind: Deployment
metadata: { name: d, lables: {} }
spec:
  replicass: 3
  replicas: three
  selector: { matchLabels: { app: 1 } }
  template:
    spec:
      containers:
        - { image: i, ports: [{ containerPort: 80, hostport: 80 }], resources: { limit: {} } }
        - { name: c, env: { A: b }, imagePullPolicy: Now }
`)
  expect(unknown.sort()).toEqual([
    'metadata.lables',
    'spec.replicass',
    'spec.template.spec.containers[0].ports[0].hostport',
    'spec.template.spec.containers[0].resources.limit',
  ])
  expect(causes.map(({ field, reason }) => `${field} ${reason}`).sort()).toEqual([
    'spec.replicas FieldValueTypeInvalid',
    'spec.selector.matchLabels[app] FieldValueTypeInvalid',
    'spec.template.spec.containers[0].name FieldValueRequired',
    'spec.template.spec.containers[1].env FieldValueTypeInvalid',
    'spec.template.spec.containers[1].imagePullPolicy FieldValueNotSupported',
  ])
})

test('null is absent, the empty string is no value of an enum, and a status needs nothing', () => {
  const text = `
apiVersion: v1
kind: Pod
metadata: { name: p, creationTimestamp: null }
spec: { restartPolicy: '', nodeName: null, containers: [{ name: c, env: null }] }
status: { containerStatuses: [{ name: c }] }
`
  expect(structureOf(text)).toMatchObject({ unknown: [], causes: [] })
})

test('nulls are dropped at any depth', () => {
  const object = { a: null, b: [1, null, { c: null, d: 2 }], e: { f: undefined, g: {} } }
  dropNulls(object)
  expect(object).toEqual({ b: [1, { d: 2 }], e: { g: {} } })
})

test('quantities and ports may be written as numbers or text', () => {
  const text = `
apiVersion: v1
kind: Pod
metadata: { name: p }
spec:
  containers:
    - name: c
      resources: { limits: { cpu: 0.5, memory: 1Gi, pods: 1e3 } }
      readinessProbe: { tcpSocket: { port: 80 } }
      livenessProbe: { tcpSocket: { port: http } }
`
  expect(structureOf(text)).toMatchObject({ unknown: [], causes: [] })
})

test.each(kinds.map(kind => ({ kind })))('$kind.kind has a schema with all that it refers to', ({ kind }) => {
  const schema = schemaOf(kind)
  expect(schema.properties).toHaveProperty('metadata')
  expect(Object.keys(reachableDefinitions(schema))).toContain(
    'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta',
  )
  const object = {
    apiVersion: 'v1',
    kind: kind.kind,
    metadata: { name: 'x' },
    wrong: 1,
  } as object as KubeObject
  expect(validateStructure(kind, object).unknown).toEqual(['wrong'])
})
