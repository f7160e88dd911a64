import { describe, expect, test } from 'vitest'
import type { Deployment, ReplicaSet } from '../../../../src-main/api/types.ts'
import {
  requestsText,
  revisionsOf,
  rollbackPatch,
  templateOf,
} from '../../../../src-renderer/api/rollback.ts'
import { object } from '../object.ts'

const template = (image: string, labels: object = { app: 'web' }) => ({
  metadata: { labels },
  spec: { containers: [{ name: 'web', image }] },
})

const set = (revision: number, image: string, annotations: object = {}) =>
  object<ReplicaSet>('ReplicaSet', `web-${revision}`, {
    metadata: { annotations: { 'deployment.kubernetes.io/revision': String(revision), ...annotations } },
    spec: { template: template(image, { app: 'web', 'pod-template-hash': `h${revision}` }) },
  })

const deployment = object<Deployment>('Deployment', 'web', {
  metadata: {
    annotations: {
      'deployment.kubernetes.io/revision': '3',
      'kubernetes.io/change-cause': 'third',
      own: 'x',
    },
  },
  spec: { template: template('web:3') },
})

test('revisions come newest first, and the present one is marked', () => {
  const revisions = revisionsOf(deployment, [set(1, 'web:1'), set(3, 'web:3'), set(2, 'web:2')])
  expect(revisions.map(({ number, current }) => [number, current])).toEqual([
    [3, true],
    [2, false],
    [1, false],
  ])
})

test.each([
  [{}, undefined],
  [{ 'coxswain.io/rollout-failed-requests': '0' }, 'No request failed during the rollout'],
  [{ 'coxswain.io/rollout-failed-requests': '1' }, '1 request failed during the rollout'],
  [
    {
      'coxswain.io/rollout-failed-requests': '12',
      'coxswain.io/rollout-uncounted-servers': 'lab-2,lab-3',
    },
    '12 requests failed during the rollout; not counted on lab-2, lab-3',
  ],
])('what the ingress saw of a revision: %j', (annotations, text) => {
  const [revision] = revisionsOf(deployment, [set(2, 'web:2', annotations)])
  expect(revision && requestsText(revision)).toBe(text)
})

describe('the patch of kubectl rollout undo', () => {
  test('leaves what the ingress saw where it was seen', () => {
    const patch = rollbackPatch(deployment, set(1, 'web:1', { 'coxswain.io/rollout-failed-requests': '7' }))
    expect(patch?.[1]?.value).not.toHaveProperty(['coxswain.io/rollout-failed-requests'])
  })

  test('replaces the template by that of the revision, without its hash', () => {
    const patch = rollbackPatch(deployment, set(1, 'web:1'))
    expect(patch?.[0]).toEqual({ op: 'replace', path: '/spec/template', value: template('web:1') })
  })

  test('takes the revision’s annotations and keeps the deployment’s own bookkeeping', () => {
    const patch = rollbackPatch(
      deployment,
      set(1, 'web:1', {
        'kubernetes.io/change-cause': 'first',
        'deployment.kubernetes.io/desired-replicas': '3',
      }),
    )
    expect(patch?.[1]).toEqual({
      op: 'replace',
      path: '/metadata/annotations',
      value: { 'deployment.kubernetes.io/revision': '3', 'kubernetes.io/change-cause': 'first' },
    })
  })

  test('is none when the deployment has that template already', () => {
    expect(rollbackPatch(deployment, set(3, 'web:3'))).toBeUndefined()
  })

  test('leaves the replica set as it is', () => {
    const of = set(1, 'web:1')
    templateOf(of)
    expect(of.spec.template?.metadata?.labels).toHaveProperty('pod-template-hash')
  })
})
