import { describe, expect, it } from 'vitest'
import type { Pod } from '../../../src-main/api/types.ts'
import type { EngineContainer } from '../../../src-main/engine/engine.ts'
import { LABEL, SANDBOX } from '../../../src-main/kubelet/container-labels.ts'
import { planPod } from '../../../src-main/kubelet/plan.ts'
import { container, ended, engineContainer, NOW, pod } from './pods.ts'

/** The plan in words: `create web`, `start web (restart)`, `remove cox_…`. */
function words(of: Pod, containers: EngineContainer[], notBefore = 0): string[] {
  const plan = planPod(of, containers, { now: NOW, notBefore: () => notBefore })
  return plan.actions.map(action => {
    switch (action.do) {
      case 'create':
        return `create ${action.name}${action.restarts ? ` after ${action.restarts}` : ''}`
      case 'start':
        return `start ${action.name}${action.restart ? ' again' : ''}`
      default:
        return `${action.do} ${action.container.id}`
    }
  })
}

const two = { containers: [container(), container({ name: 'log' })] }
const inSandbox = { labels: { [LABEL.sandbox]: 'id-POD' } }
const init = [container({ name: 'one' }), container({ name: 'two' })]
const sidecar = container({ name: 'proxy', restartPolicy: 'Always' })
const done = { phase: 'Succeeded' } as const
const started = (secondsAgo: number) => ({
  startTime: new Date(NOW - secondsAgo * 1000).toISOString(),
})

describe('planPod', () => {
  it.each<[string, Pod, EngineContainer[], string[]]>([
    ['nothing there', pod(), [], ['create web']],
    ['running', pod(), [engineContainer('web')], []],
    ['restarted by Docker', pod(), [engineContainer('web', { state: 'restarting' })], []],
    ['created, never started', pod(), [engineContainer('web', { state: 'created' })], ['start web']],
    ['stopped by a person', pod(), [ended('web', 143)], ['start web again']],
    ['ended well, Always', pod(), [ended('web', 0)], ['start web again']],
    ['ended well, OnFailure', pod({ restartPolicy: 'OnFailure' }), [ended('web', 0)], []],
    ['ended badly, OnFailure', pod({ restartPolicy: 'OnFailure' }), [ended('web', 1)], ['start web again']],
    ['ended badly, Never', pod({ restartPolicy: 'Never' }), [ended('web', 1)], []],
    [
      'an older image',
      pod(),
      [engineContainer('web', { labels: { [LABEL.specHash]: 'old' } })],
      ['remove id-web'],
    ],
    [
      'of no container of the pod',
      pod(),
      [engineContainer('web'), engineContainer('gone')],
      ['remove id-gone'],
    ],
    [
      'two of one: the running one stays',
      pod(),
      [ended('web', 0, { id: 'newer', createdAt: NOW }), engineContainer('web', { id: 'running' })],
      ['remove newer'],
    ],
    [
      'two of one: the matching one stays',
      pod(),
      [engineContainer('web', { id: 'old', labels: { [LABEL.specHash]: 'old' } }), engineContainer('web')],
      ['remove old'],
    ],
    ['the pod has ended', pod({}, done), [engineContainer('web')], ['stop id-web']],
    [
      'past its deadline',
      pod({ activeDeadlineSeconds: 5 }, started(6)),
      [engineContainer('web')],
      ['stop id-web'],
    ],
    ['before its deadline', pod({ activeDeadlineSeconds: 5 }, started(4)), [engineContainer('web')], []],

    ['sharing: the pause container first', pod(two), [], ['create POD']],
    ['sharing: then the others', pod(two), [engineContainer(SANDBOX)], ['create web', 'create log']],
    [
      'sharing: namespaces that are gone',
      pod(two),
      [engineContainer(SANDBOX, { id: 'new' }), engineContainer('web', inSandbox)],
      ['remove id-web'],
    ],
    [
      'sharing: the pause container was killed',
      pod(two),
      [ended(SANDBOX, 137), engineContainer('web', inSandbox), engineContainer('log', inSandbox)],
      ['start POD again'],
    ],
    [
      'sharing: the pause container came back with a new network',
      pod(two),
      [
        engineContainer(SANDBOX, { startedAt: NOW - 1000 }),
        engineContainer('web', inSandbox),
        engineContainer('log', { ...inSandbox, startedAt: NOW - 500 }),
      ],
      ['stop id-web'],
    ],
    [
      'sharing: all ended for good, no pause container needed',
      pod({ ...two, restartPolicy: 'Never' }),
      [ended(SANDBOX, 0), ended('web', 0, inSandbox), ended('log', 1, inSandbox)],
      [],
    ],

    ['init: the first', pod({ initContainers: init }), [engineContainer(SANDBOX)], ['create one']],
    [
      'init: wait for it',
      pod({ initContainers: init }),
      [engineContainer(SANDBOX), engineContainer('one', inSandbox)],
      [],
    ],
    [
      'init: the next',
      pod({ initContainers: init }),
      [engineContainer(SANDBOX), ended('one', 0, inSandbox)],
      ['create two'],
    ],
    [
      'init: done',
      pod({ initContainers: init }),
      [engineContainer(SANDBOX), ended('one', 0, inSandbox), ended('two', 0, inSandbox)],
      ['create web'],
    ],
    [
      'init: failed for good',
      pod({ initContainers: init, restartPolicy: 'Never' }),
      [engineContainer(SANDBOX), ended('one', 1, inSandbox)],
      [],
    ],
    [
      'init: stopped by a person',
      pod({ initContainers: init }),
      [engineContainer(SANDBOX), ended('one', 143, inSandbox)],
      ['start one again'],
    ],
    [
      'init: removed by a person, long done',
      pod({ initContainers: init }),
      [engineContainer(SANDBOX), engineContainer('web', inSandbox)],
      [],
    ],
    [
      'sidecar: running, so the others begin',
      pod({ initContainers: [sidecar] }),
      [engineContainer(SANDBOX), engineContainer('proxy', inSandbox)],
      ['create web'],
    ],
    [
      'sidecar: ends with the others',
      pod({ initContainers: [sidecar], restartPolicy: 'Never' }),
      [engineContainer(SANDBOX), engineContainer('proxy', inSandbox), ended('web', 0, inSandbox)],
      ['stop id-proxy'],
    ],
  ])('%s', (_name, of, containers, expected) => {
    expect(words(of, containers)).toEqual(expected)
  })

  it.each([
    ['not there: it is made anew', 'conf', false, 'remove'],
    ['there', 'conf', true, 'start'],
    ['a volume mounted whole, and none is copied', undefined, false, 'start'],
  ])('a created container whose files are %s', (_name, subPath, filled, expected) => {
    const volumes = [{ name: 'conf', configMap: { name: 'conf' } }]
    const volumeMounts = [{ name: 'conf', mountPath: '/conf', subPath }]
    const of = pod({ volumes, containers: [container({ volumeMounts })] })
    const created = engineContainer('web', { state: 'created' })
    const plan = planPod(of, [created], { now: NOW, notBefore: () => 0, isFilled: () => filled })
    expect(plan.actions.map(action => action.do)).toEqual([expected])
  })

  it('waits out the back-off and says until when', () => {
    const context = { now: NOW, notBefore: () => NOW + 5000 }
    expect(planPod(pod(), [], context)).toEqual({ actions: [], wakeAt: NOW + 5000 })
  })

  it('wakes at the deadline', () => {
    const limited = pod({ activeDeadlineSeconds: 60 }, started(0))
    const plan = planPod(limited, [engineContainer('web')], { now: NOW, notBefore: () => 0 })
    expect(plan).toEqual({ actions: [], wakeAt: NOW + 60_000 })
  })

  it('counts a container in the place of one that ran as its restart', () => {
    const status = {
      name: 'web',
      image: '',
      imageID: '',
      ready: true,
      containerID: 'docker://x',
      restartCount: 2,
    }
    expect(words(pod({}, { containerStatuses: [status] }), [])).toEqual(['create web after 3'])
  })
})
