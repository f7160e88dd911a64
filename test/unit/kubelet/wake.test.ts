import { beforeEach, describe, expect, it, vi } from 'vitest'
import { PodKind } from '../../../src-main/api/kinds/pod.ts'
import type { PodSpec } from '../../../src-main/api/types.ts'
import { TestNode } from './test-node.ts'

/** In 200 seconds: those of the regular comparison, and of a container that dies and starts. */
const ROUNDS_AT_REST = 100

let node: TestNode

beforeEach(async () => {
  node = await TestNode.create()
  await node.kubelet.start()
})

/** How often the pods were looked at while 200 seconds passed. */
async function rounds(): Promise<number> {
  const reports = vi.spyOn(node.registry, 'modifyStatus')
  await node.pass(200_000)
  return reports.mock.calls.length
}

const missing: PodSpec['volumes'] = [{ name: 'config', configMap: { name: 'missing' } }]
const mounted = {
  name: 'web',
  image: 'web:1',
  volumeMounts: [{ name: 'config', mountPath: '/config' }],
}

describe('a pod that can do nothing about its problem is left at rest', () => {
  it.each<[string, Partial<PodSpec>]>([
    ['its image, past its deadline', { containers: [{ name: 'web', image: 'web:missing' }] }],
    ['its volumes, past its deadline', { containers: [mounted], volumes: missing }],
  ])('%s', async (_what, spec) => {
    await node.createPod('job-1', { ...spec, activeDeadlineSeconds: 15 })
    await node.pass(60_000)
    expect(node.pod('job-1').status?.reason).toBe('DeadlineExceeded')
    expect(await rounds()).toBeLessThan(ROUNDS_AT_REST)
  })

  it('the image of an ephemeral container, while the pod has crashed', async () => {
    const env = [{ name: 'COXSWAIN_SIM_EXIT_AFTER', value: '3000' }]
    await node.createPod('web-1', { containers: [{ name: 'web', image: 'web:1', env }] })
    await node.settle()
    const pod = node.pod('web-1')
    const ephemeralContainers = [{ name: 'look', image: 'web:missing' }]
    await node.registry.updateEphemeralContainers(PodKind, {
      ...pod,
      spec: { ...pod.spec, ephemeralContainers },
    })
    await node.pass(20_000)
    expect(node.events.join('\n')).toContain('Failed to pull image "web:missing"')
    expect(await rounds()).toBeLessThan(ROUNDS_AT_REST)
  })
})
