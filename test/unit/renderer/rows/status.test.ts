import { describe, expect, test } from 'vitest'
import type { Deployment, Node, Pod, ReplicaSet, Server } from '../../../../src-main/api/types.ts'
import { deploymentStatus } from '../../../../src-renderer/rows/deployments.ts'
import { podStatus } from '../../../../src-renderer/rows/pods.ts'
import { replicaSetStatus } from '../../../../src-renderer/rows/replicasets.ts'
import { rowKinds } from '../../../../src-renderer/rows/row-kinds.ts'
import { serverStatus, usage } from '../../../../src-renderer/rows/servers.ts'
import { object } from '../object.ts'
import { rowContext } from '../row-context.ts'

const pod = (status: object, spec: object = {}, metadata: object = {}) =>
  object<Pod>('Pod', 'web-abc-1', {
    metadata: { namespace: 'shop', ...metadata },
    spec: { containers: [{ name: 'web' }], nodeName: 'n1', ...spec },
    status,
  })

const container = (state: object, rest: object = {}) => ({
  containerStatuses: [{ name: 'web', restartCount: 0, ready: false, state, ...rest }],
})
const ready = { conditions: [{ type: 'Ready', status: 'True' }] }

describe('a pod', () => {
  test.each([
    ['runs', pod({ phase: 'Running', ...ready }), 'ok', 'Running', undefined],
    ['is being made', pod({ phase: 'Pending' }), 'working', 'ContainerCreating', undefined],
    [
      'waits for a server',
      pod({ phase: 'Pending' }, { nodeName: undefined }),
      'working',
      'Pending',
      undefined,
    ],
    [
      'runs its second of three init containers',
      pod({
        phase: 'Pending',
        initContainerStatuses: [
          { name: 'one', state: { terminated: { exitCode: 0 } } },
          { name: 'two', state: { running: {} } },
          { name: 'three', state: { waiting: { reason: 'PodInitializing' } } },
        ],
      }),
      'working',
      'Init:1/3',
      /two runs/,
    ],
    ['is done', pod({ phase: 'Succeeded' }), 'off', 'Completed', undefined],
    [
      'is going',
      pod({ phase: 'Running' }, {}, { deletionTimestamp: 'now' }),
      'working',
      'Terminating',
      undefined,
    ],
    ['is on a lost server', pod({ phase: 'Unknown' }), 'off', 'Unknown', /n1 does not answer/],
    [
      'fits nowhere',
      pod(
        {
          phase: 'Pending',
          conditions: [
            {
              type: 'PodScheduled',
              status: 'False',
              reason: 'Unschedulable',
              message: '0/3 nodes are available',
            },
          ],
        },
        { nodeName: undefined },
      ),
      'wrong',
      'Unschedulable',
      /0\/3 nodes/,
    ],
    [
      'has a wrong image',
      pod({
        phase: 'Pending',
        ...container({ waiting: { reason: 'ErrImagePull', message: 'tag not found' } }),
      }),
      'wrong',
      'ErrImagePull',
      /tag not found/,
    ],
    [
      'keeps dying',
      pod({
        phase: 'Running',
        ...container(
          { waiting: { reason: 'CrashLoopBackOff', message: 'back-off restarting failed container' } },
          { lastState: { terminated: { exitCode: 3, reason: 'Error' } } },
        ),
      }),
      'wrong',
      'CrashLoopBackOff',
      /exit code 3/,
    ],
    [
      'ran out of memory',
      pod({ phase: 'Failed', ...container({ terminated: { exitCode: 137, reason: 'OOMKilled' } }) }),
      'wrong',
      'OOMKilled',
      /137/,
    ],
    [
      'is not ready',
      pod({ phase: 'Running', ...container({ running: {} }) }),
      'working',
      'Not ready',
      /readiness/,
    ],
  ] as const)('that %s', (_what, of, state, text, reason) => {
    const status = podStatus(of)
    expect([status.state, status.text]).toEqual([state, text])
    if (reason) expect(status.reason).toMatch(reason)
    // what needs a person says what to do
    if (state === 'wrong') expect(status.next).toBeTruthy()
  })
})

const deployment = (spec: object, status: object, metadata: object = {}) =>
  object<Deployment>('Deployment', 'web', {
    metadata: { namespace: 'shop', generation: 1, ...metadata },
    spec: { replicas: 3, ...spec },
    status: { observedGeneration: 1, ...status },
  })
const ownPod = (status: object) =>
  pod(
    status,
    {},
    {
      labels: { 'pod-template-hash': 'abc' },
      ownerReferences: [
        { kind: 'ReplicaSet', name: 'web-abc', uid: 'rs', apiVersion: 'apps/v1', controller: true },
      ],
    },
  )
const all = { replicas: 3, updatedReplicas: 3, readyReplicas: 3 }

describe('a deployment', () => {
  test.each([
    ['is ready', deployment({}, all), [], 'ok', 'Ready'],
    ['is half way', deployment({}, { ...all, updatedReplicas: 1 }), [], 'working', 'Updating 1 of 3'],
    ['waits for one', deployment({}, { ...all, readyReplicas: 2 }), [], 'working', '1 not ready'],
    ['was just changed', deployment({}, all, { generation: 2 }), [], 'working', 'Updating'],
    ['is off', deployment({ replicas: 0 }, {}), [], 'off', 'Scaled to 0'],
    [
      'has a pod that cannot start',
      deployment({}, { ...all, readyReplicas: 2 }),
      [ownPod({ ...container({ waiting: { reason: 'ErrImagePull', message: 'no such tag' } }) })],
      'wrong',
      'ErrImagePull',
    ],
    [
      'is stuck',
      deployment(
        {},
        {
          ...all,
          updatedReplicas: 1,
          conditions: [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }],
        },
      ),
      [],
      'wrong',
      'ProgressDeadlineExceeded',
    ],
  ] as const)('that %s', (_what, of, pods, state, text) => {
    const status = deploymentStatus(of, rowContext({ pods: [...pods] }))
    expect([status.state, status.text]).toEqual([state, text])
  })

  test('says what it waits for', () => {
    const pulling = ownPod({
      phase: 'Pending',
      ...container({ waiting: { reason: 'ContainerCreating', message: 'pulling web:2' } }),
    })
    const status = deploymentStatus(
      deployment({}, { ...all, readyReplicas: 2 }),
      rowContext({ pods: [pulling] }),
    )
    expect(status.reason).toBe('ContainerCreating: pulling web:2')
  })
})

test('a replica set without pods is an old revision', () => {
  const set = object<ReplicaSet>('ReplicaSet', 'web-abc', { spec: { replicas: 0 }, status: { replicas: 0 } })
  expect(replicaSetStatus(set, rowContext())).toMatchObject({ state: 'off', text: 'Old revision' })
})

test('a replica set says which of its pods cannot start', () => {
  const set = object<ReplicaSet>('ReplicaSet', 'web-abc', {
    metadata: { namespace: 'shop', uid: 'rs' },
    spec: { replicas: 2 },
    status: { replicas: 2, readyReplicas: 1 },
  })
  const stuck = ownPod(container({ waiting: { reason: 'ErrImagePull', message: 'no such tag' } }))
  expect(replicaSetStatus(set, rowContext({ pods: [stuck] }))).toMatchObject({
    state: 'wrong',
    text: 'ErrImagePull',
    reason: 'no such tag',
  })
  expect(replicaSetStatus(set, rowContext())).toEqual({ state: 'working', text: '1 not ready' })
})

const condition = (type: string, status: string, reason = type, message = '') => ({
  type,
  status,
  reason,
  message,
})
const met = ['Connected', 'DockerReady', 'Claimed'].map(type => condition(type, 'True'))
const server = (conditions: object[], annotations: Record<string, string> = {}) =>
  object<Server>('Server', 'web-1', {
    metadata: { annotations },
    spec: { ssh: { host: 'web-1.example' } },
    status: { conditions, ssh: { hostKey: 'SHA256:abc' } },
  })
const node = (status: string, spec: object = {}) =>
  object<Node>('Node', 'web-1', {
    spec,
    status: {
      conditions: [{ type: 'Ready', status, message: 'silent for 8 s' }],
      allocatable: { cpu: '4', memory: '8Gi', pods: '110' },
    },
  })

describe('a server', () => {
  test.each([
    ['is ready', server(met), node('True'), 'ok', 'Ready'],
    ['takes no new pods', server(met), node('True', { unschedulable: true }), 'off', 'Ready, cordoned'],
    ['is silent', server(met), node('Unknown'), 'wrong', 'Not ready'],
    ['is new', server([]), undefined, 'working', 'Connecting'],
    ['connects', server([condition('Connected', 'False', 'Connecting')]), undefined, 'working', 'Connecting'],
    [
      'refuses the key',
      server([condition('Connected', 'False', 'AuthenticationFailed', 'try another')]),
      undefined,
      'wrong',
      'AuthenticationFailed',
    ],
    [
      'has no Docker',
      server([met[0] as object, condition('DockerReady', 'False', 'DockerMissing')]),
      undefined,
      'wrong',
      'DockerMissing',
    ],
    [
      'belongs to another cluster, before its Docker was looked at',
      server([met[0] as object, condition('Claimed', 'False', 'ClaimedByOtherCluster')]),
      undefined,
      'wrong',
      'ClaimedByOtherCluster',
    ],
    [
      'is not confirmed',
      server(met, { 'coxswain.io/host-key-unconfirmed': 'true' }),
      node('True'),
      'working',
      'Confirm host key',
    ],
  ] as const)('that %s', (_what, of, its, state, text) => {
    const status = serverStatus(of, rowContext({ nodes: its ? [its] : [] }))
    expect([status.state, status.text]).toEqual([state, text])
  })

  test('counts what its running pods ask for', () => {
    const asking = (name: string, phase: string) =>
      pod(
        { phase },
        {
          nodeName: 'web-1',
          containers: [{ name: 'c', resources: { requests: { cpu: '250m', memory: '1Gi' } } }],
        },
        { name, uid: name },
      )
    const pods = [asking('a', 'Running'), asking('b', 'Pending'), asking('c', 'Succeeded')]
    const used = usage(server(met), rowContext({ pods, nodes: [node('True')] }))
    expect(used.cpu).toEqual({ requested: 0.5, allocatable: 4 })
    expect(used.memory.requested).toBe(2 * 2 ** 30)
    expect(used.pods.requested).toBe(2)
  })
})

test.each(Object.entries(rowKinds))('%s: every column has a cell, also for a bare object', (name, kind) => {
  const bare = object(kind?.resource ?? name, 'x', { spec: { containers: [] }, involvedObject: {} })
  const cells = kind?.cells(bare, rowContext()) ?? {}
  expect(kind?.columns.map(column => column.id).filter(id => !cells[id])).toEqual([])
})

test.each([
  [undefined, 'cordon'],
  [true, 'uncordon'],
])('a server whose node has unschedulable: %s offers to %s', (unschedulable, offered) => {
  const nodes = [object<Node>('Node', 'n1', { spec: { unschedulable } })]
  const actions = rowKinds.servers?.actions(object('Server', 'n1', { spec: {} }), rowContext({ nodes }))
  expect(actions?.map(({ id }) => id).filter(id => id.endsWith('cordon'))).toEqual([offered])
})
