import Ajv from 'ajv'
import { expect, test } from 'vitest'
import { manifestSchema } from '../../../../src-renderer/api/manifest-schema.ts'

const schema = manifestSchema({
  'v1.Pod': {
    'x-kubernetes-group-version-kind': [{ group: '', version: 'v1', kind: 'Pod' }],
    properties: { spec: { $ref: '#/components/schemas/v1.PodSpec' } },
  },
  'v1.PodSpec': { type: 'object', properties: { nodeName: { type: 'string' } } },
  'v1.PodList': { 'x-kubernetes-group-version-kind': [{ group: '', version: 'v1', kind: 'PodList' }] },
  'v1.Deployment': {
    'x-kubernetes-group-version-kind': [{ group: 'apps', version: 'v1', kind: 'Deployment' }],
    properties: { spec: { properties: { replicas: { type: 'integer' } } } },
  },
})
const accepts = new Ajv({ strict: false }).compile(schema)

test.each([
  [{ apiVersion: 'v1', kind: 'Pod', metadata: {}, spec: { nodeName: 'a' } }, true],
  [{ apiVersion: 'v1', kind: 'Pod', metadata: {}, spec: { nodeName: 1 } }, false],
  // each kind has its own rules
  [{ apiVersion: 'v1', kind: 'Pod', metadata: {}, spec: { replicas: 'x' } }, true],
  [{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: {}, spec: { replicas: 'x' } }, false],
  [{ apiVersion: 'v1', kind: 'PodList', metadata: {} }, false],
  [{ kind: 'Pod', metadata: {} }, false],
])('%j: %s', (manifest, valid) => {
  expect(accepts(manifest)).toBe(valid)
})
