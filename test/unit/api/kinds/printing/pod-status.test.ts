import { describe, expect, test } from 'vitest'
import { summarize } from '../../../../../src-main/api/kinds/printing/pod-status.ts'
import type { ContainerStatus, Pod } from '../../../../../src-main/api/types.ts'

const NOW = Date.parse('2026-01-01T01:00:00Z')
const running: Partial<ContainerStatus> = { state: { running: {} }, ready: true }
const waiting = (reason: string) => ({ state: { waiting: { reason } } })
const ended = (exitCode: number, reason?: string, signal?: number) => ({
  state: { terminated: { exitCode, reason, signal } },
})

interface Case {
  containers?: object[]
  init?: object[]
  initSpecs?: object[]
  phase?: string
  conditions?: object[]
  reason?: string
  deleted?: boolean
}

const statuses = (list: object[]) =>
  list.map((status, index) => ({ name: `c${index}`, restartCount: 0, ready: false, ...status }))

function pod({ containers = [], init = [], initSpecs, phase = 'Running', deleted, ...status }: Case): Pod {
  return {
    metadata: { name: 'p', ...(deleted ? { deletionTimestamp: '2026-01-01T00:59:00Z' } : {}) },
    spec: {
      containers: containers.map((_, index) => ({ name: `c${index}` })),
      initContainers: initSpecs ?? init.map((_, index) => ({ name: `c${index}` })),
    },
    status: {
      phase,
      ...status,
      containerStatuses: statuses(containers),
      initContainerStatuses: statuses(init),
    },
  } as object as Pod
}

const ready = [{ type: 'Ready', status: 'True' }]

describe('STATUS and READY', () => {
  test.each<[string, Case, string]>([
    ['nothing known yet', { containers: [{}], phase: 'Pending' }, 'Pending 0/1'],
    ['running', { containers: [running, running] }, 'Running 2/2'],
    ['creating', { containers: [waiting('ContainerCreating')], phase: 'Pending' }, 'ContainerCreating 0/1'],
    ['the first of several decides', { containers: [waiting('ErrImagePull'), waiting('CrashLoopBackOff')] }, 'ErrImagePull 0/2'],
    ['one crashes', { containers: [running, waiting('CrashLoopBackOff')] }, 'CrashLoopBackOff 1/2'],
    ['ended with a reason', { containers: [ended(1, 'Error')], phase: 'Failed' }, 'Error 0/1'],
    ['ended with a code', { containers: [ended(3)], phase: 'Failed' }, 'ExitCode:3 0/1'],
    ['ended by a signal', { containers: [ended(137, undefined, 9)], phase: 'Failed' }, 'Signal:9 0/1'],
    ['completed', { containers: [ended(0, 'Completed')], phase: 'Succeeded' }, 'Completed 0/1'],
    ['one completed, one runs', { containers: [ended(0, 'Completed'), running], conditions: ready }, 'Running 1/2'],
    ['one completed, not ready', { containers: [ended(0, 'Completed'), running] }, 'NotReady 1/2'],
    ['init runs', { init: [ended(0), { state: { running: {} } }], containers: [waiting('PodInitializing')], phase: 'Pending' }, 'Init:1/2 0/1'],
    ['init waits', { init: [waiting('ImagePullBackOff')], containers: [{}], phase: 'Pending' }, 'Init:ImagePullBackOff 0/1'],
    ['init waits for its turn', { init: [waiting('PodInitializing')], containers: [{}], phase: 'Pending' }, 'Init:0/1 0/1'],
    ['init failed', { init: [ended(1, 'Error')], containers: [{}], phase: 'Pending' }, 'Init:Error 0/1'],
    ['init failed with a code', { init: [ended(2)], containers: [{}], phase: 'Pending' }, 'Init:ExitCode:2 0/1'],
    ['init done', { init: [ended(0)], containers: [running] }, 'Running 1/1'],
    ['a sidecar runs', { init: [{ ...running, started: true }], initSpecs: [{ name: 'c0', restartPolicy: 'Always' }], containers: [running] }, 'Running 2/2'],
    ['evicted', { containers: [], phase: 'Failed', reason: 'Evicted' }, 'Evicted 0/0'],
    ['gated', { containers: [], phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }] }, 'SchedulingGated 0/0'],
    ['deleted', { containers: [running], deleted: true }, 'Terminating 1/1'],
    ['deleted after its end', { containers: [ended(0, 'Completed')], phase: 'Succeeded', deleted: true }, 'Completed 0/1'],
    ['deleted on a lost node', { containers: [running], reason: 'NodeLost', deleted: true }, 'Unknown 1/1'],
  ])('%s', (_, state, expected) => {
    const { status, ready: count } = summarize(pod(state), NOW)
    expect(`${status} ${count}`).toBe(expected)
  }) // prettier-ignore
})

describe('RESTARTS', () => {
  const restarted = (restartCount: number, finishedAt?: string) => ({
    ...running,
    restartCount,
    lastState: finishedAt ? { terminated: { exitCode: 1, finishedAt } } : {},
  })

  test.each<[string, Case, string]>([
    ['none', { containers: [running] }, '0'],
    ['without a time', { containers: [restarted(2)] }, '2'],
    [
      'the sum, and the last time',
      { containers: [restarted(2, '2026-01-01T00:10:00Z'), restarted(1, '2026-01-01T00:55:00Z')] },
      '3 (5m ago)',
    ],
    [
      "init containers' restarts count only while they run",
      { init: [{ ...ended(0), restartCount: 4 }], containers: [running] },
      '0',
    ],
    [
      'of an init container that fails',
      { init: [{ ...waiting('CrashLoopBackOff'), restartCount: 4 }], containers: [{}] },
      '4',
    ],
  ])('%s', (_, state, expected) => {
    expect(summarize(pod(state), NOW).restarts).toBe(expected)
  })
})
