import { describe, expect, it } from 'vitest'
import type { Pod } from '../../../src-main/api/types.ts'
import { LABEL } from '../../../src-main/kubelet/container-labels.ts'
import { ephemeralHost, targetOf } from '../../../src-main/kubelet/ephemeral.ts'
import { planPod } from '../../../src-main/kubelet/plan.ts'
import { container, ended, engineContainer, NOW, pod } from './pods.ts'

const look = container({ name: 'look' })
const debugged = (spec: Partial<Pod['spec']> = {}) =>
  pod({
    ...spec,
    ephemeralContainers: [{ ...look, targetContainerName: 'web' }] as NonNullable<
      Pod['spec']['ephemeralContainers']
    >,
  })
const planOf = (of: Pod, containers: Parameters<typeof planPod>[1]) =>
  planPod(of, containers, { now: NOW, notBefore: () => 0 }).actions.map(action =>
    'name' in action ? `${action.do} ${action.name}` : `${action.do} ${action.container.id}`,
  )
const several = { containers: [container(), container({ name: 'log' })] }
const inSandbox = { labels: { [LABEL.sandbox]: 'id-POD' } }

describe('an ephemeral container', () => {
  it.each([
    ['waits for the container that it joins', debugged(), [], ['create web']],
    ['is made beside the one that runs', debugged(), [engineContainer('web')], ['create look']],
    ['stays', debugged(), [engineContainer('web'), engineContainer('look')], []],
    ['is not run again', debugged(), [engineContainer('web'), ended('look', 1)], []],
  ])('%s', (_what, of, containers, actions) => {
    expect(planOf(of, containers)).toEqual(actions)
  })

  it('is not made anew when a person has removed it after its end', () => {
    const of = debugged()
    const ran = { name: 'look', image: '', imageID: '', ready: false, restartCount: 0 }
    of.status = { ephemeralContainerStatuses: [{ ...ran, state: { terminated: { exitCode: 0 } } }] }
    expect(planOf(of, [engineContainer('web')])).toEqual([])
  })

  it('joins the pause container, or the only container where there is none', () => {
    expect(ephemeralHost(debugged(), 'look')).toBe('web')
    expect(ephemeralHost(debugged(several), 'look')).toBe('POD')
    expect(targetOf(debugged(), 'look')).toBe('web')
    const running = [
      engineContainer('POD'),
      engineContainer('web', inSandbox),
      engineContainer('log', inSandbox),
    ]
    expect(planOf(debugged(several), running)).toContain('create look')
  })
})
