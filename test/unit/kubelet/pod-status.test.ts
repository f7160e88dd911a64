import { describe, expect, it } from 'vitest'
import type { Pod, PodStatus } from '../../../src-main/api/types.ts'
import type { EngineContainer } from '../../../src-main/engine/engine.ts'
import type { ObservedContainer } from '../../../src-main/kubelet/container-status.ts'
import { LABEL } from '../../../src-main/kubelet/container-labels.ts'
import { podStatus } from '../../../src-main/kubelet/pod-status.ts'
import { container, ended, engineContainer, NOW, pod } from './pods.ts'

function status(of: Pod, containers: Record<string, ObservedContainer>, now = NOW): PodStatus {
  return podStatus(of, {
    containers: new Map(Object.entries(containers)),
    podIp: '10.244.1.2',
    hostIp: '192.0.2.1',
    sandboxReady: true,
    now,
  })
}

const running = (more: Partial<EngineContainer> = {}) => ({ container: engineContainer('web', more) })
const exited = (code: number, more: Partial<EngineContainer> = {}) => ({
  container: ended('web', code, more),
})

/** The one container's state in words. */
function state(of: Pod, observed: ObservedContainer): string {
  const [kind = '', detail] =
    Object.entries(status(of, { web: observed }).containerStatuses?.[0]?.state ?? {})[0] ?? []
  return [kind, (detail as { reason?: string } | undefined)?.reason].filter(Boolean).join(' ')
}

const never = pod({ restartPolicy: 'Never' })
const deleting = pod()
deleting.metadata.deletionTimestamp = '2026-01-01T12:00:30Z'

describe('state of a container', () => {
  it.each<[string, Pod, ObservedContainer, string]>([
    ['not there yet', pod(), {}, 'waiting ContainerCreating'],
    [
      'created',
      pod(),
      { container: engineContainer('web', { state: 'created' }) },
      'waiting ContainerCreating',
    ],
    ['running', pod(), running(), 'running'],
    ['restarting', pod(), exited(1, { state: 'restarting' }), 'waiting CrashLoopBackOff'],
    ['ended, to be started again', pod(), exited(143), 'waiting CrashLoopBackOff'],
    ['ended, being deleted', deleting, exited(143), 'terminated Error'],
    ['ended well', never, exited(0), 'terminated Completed'],
    ['ended badly', never, exited(1), 'terminated Error'],
    ['out of memory', never, exited(137, { oomKilled: true }), 'terminated OOMKilled'],
    [
      'cannot be pulled',
      pod(),
      { problem: { reason: 'ErrImagePull', message: 'x' } },
      'waiting ErrImagePull',
    ],
    [
      'cannot be started',
      pod(),
      {
        container: engineContainer('web', { state: 'created' }),
        problem: { reason: 'RunContainerError', message: 'x' },
      },
      'waiting RunContainerError',
    ],
  ])('%s', (_name, of, observed, expected) => {
    expect(state(of, observed)).toBe(expected)
  })

  it('waits for the init containers', () => {
    const of = pod({ initContainers: [container({ name: 'one' }), container({ name: 'two' })] })
    const { initContainerStatuses = [], containerStatuses = [] } = status(of, {})
    const reasons = [...initContainerStatuses, ...containerStatuses].map(
      ({ state }) => state?.waiting?.reason,
    )
    expect(reasons).toEqual(['ContainerCreating', 'PodInitializing', 'PodInitializing'])
  })
})

describe('phase', () => {
  const two = { containers: [container(), container({ name: 'log' })] }
  const log = (code?: number) => ({
    container: code === undefined ? engineContainer('log') : ended('log', code),
  })
  it.each<[string, Pod, Record<string, ObservedContainer>, string]>([
    ['nothing yet', pod(), {}, 'Pending'],
    ['running', pod(), { web: running() }, 'Running'],
    ['one of two', pod(two), { web: running() }, 'Pending'],
    ['crashing', pod(), { web: exited(1, { state: 'restarting' }) }, 'Running'],
    ['done', never, { web: exited(0) }, 'Succeeded'],
    ['failed', never, { web: exited(1) }, 'Failed'],
    ['OnFailure, failed', pod({ restartPolicy: 'OnFailure' }), { web: exited(1) }, 'Running'],
    ['OnFailure, done', pod({ restartPolicy: 'OnFailure' }), { web: exited(0) }, 'Succeeded'],
    [
      'one done, one running',
      pod({ ...two, restartPolicy: 'Never' }),
      { web: exited(0), log: log() },
      'Running',
    ],
    [
      'one done, one failed',
      pod({ ...two, restartPolicy: 'Never' }),
      { web: exited(0), log: log(2) },
      'Failed',
    ],
    ['Succeeded is for ever', pod({}, { phase: 'Succeeded' }), { web: running() }, 'Succeeded'],
  ])('%s', (_name, of, containers, expected) => {
    expect(status(of, containers).phase).toBe(expected)
  })

  it('is Failed past the deadline', () => {
    const of = pod({ activeDeadlineSeconds: 5 }, { startTime: '2026-01-01T11:59:00Z' })
    const late = status(of, { web: running() })
    expect([late.phase, late.reason]).toEqual(['Failed', 'DeadlineExceeded'])
  })
})

describe('restarts', () => {
  /** The count after the engine was seen in each of these states, one status after the other. */
  function counts(...seen: Partial<EngineContainer>[]): number[] {
    let of = pod()
    return seen.map(more => {
      of = pod({}, status(of, { web: { container: engineContainer('web', more) } }))
      return of.status?.containerStatuses?.[0]?.restartCount ?? -1
    })
  }
  const at = (seconds: number) => NOW - 60_000 + seconds * 1000

  it.each<[string, Partial<EngineContainer>[], number[]]>([
    [
      'Docker’s, seen each time',
      [
        {},
        { state: 'restarting', restartCount: 1, finishedAt: at(1) },
        { restartCount: 1, startedAt: at(2), finishedAt: at(1) },
      ],
      [0, 0, 1],
    ],
    ['Docker’s, seen late', [{}, { restartCount: 5, startedAt: at(9), finishedAt: at(8) }], [0, 5]],
    [
      'by hand, after which Docker counts anew',
      [
        { restartCount: 3 },
        { restartCount: 0, startedAt: at(5), finishedAt: at(4) },
        { restartCount: 1, startedAt: at(9), finishedAt: at(8) },
      ],
      [3, 4, 5],
    ],
    ['within one second', [{}, { startedAt: at(0) + 400, finishedAt: at(0) + 300 }], [0, 1]],
    ['in the place of another container', [{ labels: { [LABEL.restarts]: '7' } }], [7]],
  ])('%s', (_name, seen, expected) => {
    expect(counts(...seen)).toEqual(expected)
  })

  it('keeps how the last run ended', () => {
    const crashed = status(pod(), { web: exited(3, { state: 'restarting' }) })
    expect(crashed.containerStatuses?.[0]?.lastState?.terminated).toMatchObject({
      exitCode: 3,
      reason: 'Error',
    })
    const again = running({ startedAt: NOW, finishedAt: NOW - 1000, restartCount: 1 })
    const later = status(pod({}, crashed), { web: again })
    expect(later.containerStatuses?.[0]?.lastState?.terminated?.exitCode).toBe(3)
  })

  it('says so when nobody saw how the last run ended', () => {
    const again = running({ startedAt: NOW, finishedAt: NOW - 1000, restartCount: 1 })
    const { lastState } = status(pod(), { web: again }).containerStatuses?.[0] ?? {}
    expect(lastState?.terminated?.reason).toBe('ContainerStatusUnknown')
  })
})

describe('conditions', () => {
  const conditions = (of: PodStatus) => Object.fromEntries((of.conditions ?? []).map(one => [one.type, one]))

  it('have the engine’s times', () => {
    const { Ready } = conditions(status(pod(), { web: running() }))
    expect([Ready?.status, Ready?.lastTransitionTime]).toEqual(['True', '2026-01-01T11:59:00Z'])
  })

  it('keep their time while they do not change', () => {
    const first = status(pod(), { web: running() })
    const second = status(pod({}, first), { web: running({ startedAt: NOW }) }, NOW + 5000)
    expect(conditions(second).Ready).toEqual(conditions(first).Ready)
  })

  it('name the containers that are not ready', () => {
    const { Ready, ContainersReady } = conditions(status(pod(), {}))
    expect(Ready?.message).toBe('containers with unready status: [web]')
    expect(ContainersReady?.reason).toBe('ContainersNotReady')
  })

  it('wait for readiness gates, which others open', () => {
    const readinessGates = [{ conditionType: 'balanced' }]
    const shut = status(pod({ readinessGates }), { web: running() })
    expect(conditions(shut).Ready?.status).toBe('False')
    const open = { conditions: [{ type: 'balanced', status: 'True' }] }
    const after = status(pod({ readinessGates }, open), { web: running() })
    expect(conditions(after).Ready?.status).toBe('True')
    expect(conditions(after).balanced?.status).toBe('True')
  })
})

describe('podStatus', () => {
  it('changes nothing when it is computed again', () => {
    const first = status(pod(), { web: running() })
    expect(status(pod({}, first), { web: running() }, NOW + 10_000)).toEqual(first)
  })

  it('begins when the first container was made', () => {
    expect(status(pod(), { web: running() }).startTime).toBe('2026-01-01T11:58:59Z')
  })
})
