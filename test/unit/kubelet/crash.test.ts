import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { ConfigMapKind } from '../../../src-main/api/kinds/config-map.ts'
import { PodKind } from '../../../src-main/api/kinds/pod.ts'
import { EngineError, type Engine } from '../../../src-main/engine/engine.ts'
import { LABEL } from '../../../src-main/kubelet/container-labels.ts'
import { TestNode } from './test-node.ts'

/** When the connection breaks at a call: before the engine has heard it, or after it has done it. */
type Moment = 'before' | 'after'

/** The engine over a connection that breaks at its `n`-th call and stays broken. */
function breakingEngine(engine: Engine, n: number, moment: Moment): { engine: Engine; calls(): number } {
  let calls = 0
  const broken = () => new EngineError('unreachable', 'the connection broke')
  const proxy = new Proxy(engine, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name)
      if (typeof member !== 'function' || name === 'events') return member
      return async (...parameters: unknown[]) => {
        calls++
        if (calls > n || (calls === n && moment === 'before')) throw broken()
        const result: unknown = await member.apply(target, parameters)
        if (calls >= n && moment === 'after') throw broken()
        return result
      }
    },
  })
  return { engine: proxy, calls: () => calls }
}

/**
 * An old pod runs, another one is to be removed, two are new: one plain, one with all that a pod can have.
 * @returns how many calls the kubelet made, and which container the old pod had before
 */
async function interrupt(
  node: TestNode,
  n: number,
  moment: Moment,
): Promise<{ calls: number; oldId: string }> {
  await node.kubelet.start()
  await node.createPod('old')
  await node.createPod('leaving', { volumes: [{ name: 'work', emptyDir: {} }] })
  await node.settle()
  const old = (await node.containers()).find(({ labels }) => labels[LABEL.podName] === 'old')
  await node.kubelet.stop()

  const { engine, calls } = breakingEngine(node.engine, n, moment)
  const kubelet = node.newKubelet(engine)
  await node.createPod('plain')
  const env = [{ name: 'COXSWAIN_SIM_EXIT_AFTER', value: '200' }]
  const metadata = { name: 'conf', namespace: 'default' }
  await node.registry.create(ConfigMapKind, { metadata, data: { 'web.conf': 'colour red' } })
  await node.createPod('full', {
    volumes: [
      { name: 'work', emptyDir: {} },
      { name: 'conf', configMap: { name: 'conf' } },
    ],
    initContainers: [{ name: 'init', image: 'web:1', env }],
    containers: [
      {
        name: 'web',
        image: 'web:1',
        volumeMounts: [
          { name: 'work', mountPath: '/work' },
          { name: 'conf', mountPath: '/etc/web.conf', subPath: 'web.conf' },
        ],
      },
      { name: 'log', image: 'pulled:1' },
    ],
  })
  await node.registry.delete(PodKind, { name: 'leaving', namespace: 'default' })
  await kubelet.start().catch(() => undefined)
  await node.pass(4000)
  await kubelet.stop()
  return { calls: calls(), oldId: old?.id ?? 'none' }
}

async function checkConverged(node: TestNode, idOfOld: string): Promise<void> {
  const containers = await node.containers()
  expect(
    containers.map(({ labels }) => `${labels[LABEL.podName]}/${labels[LABEL.container]}`).sort(),
  ).toEqual(['full/POD', 'full/init', 'full/log', 'full/web', 'old/web', 'plain/web'])
  const old = containers.find(({ labels }) => labels[LABEL.podName] === 'old')
  expect([old?.id, old?.restartCount]).toEqual([idOfOld, 0])
  for (const name of ['old', 'plain', 'full']) {
    expect(node.pod(name).status?.phase).toBe('Running')
    expect(node.pod(name).status?.containerStatuses?.map(({ restartCount }) => restartCount)).not.toContain(1)
  }
  const addresses = containers.flatMap(({ ipv4 }) => ipv4 ?? [])
  expect(new Set(addresses).size).toBe(3)
  expect(node.registry.get(PodKind, 'leaving', 'default')).toBeUndefined()
  const volumes = await node.engine.listVolumes({})
  const ofPods = volumes.filter(({ labels }) => labels[LABEL.podUid])
  const { uid } = node.pod('full').metadata
  expect(ofPods.map(({ name }) => name).sort()).toEqual([`cox_${uid}_conf`, `cox_${uid}_work`])
  const web = containers.find(
    ({ labels }) => labels[LABEL.podUid] === uid && labels[LABEL.container] === 'web',
  )
  expect(await text(await node.engine.getArchive(web?.id ?? '', '/etc/web.conf'))).toContain('colour red')
}

describe.each<Moment>(['before', 'after'])('a connection that breaks %s the n-th call', moment => {
  it('leaves nothing that the next kubelet does not put right, for every n', async () => {
    let total = Infinity
    for (let n = 1; n <= total; n++) {
      const node = await TestNode.create()
      const { calls, oldId } = await interrupt(node, n, moment)
      if (calls < n) total = n
      await node.reconnect()
      await node.pass(4000)
      await checkConverged(node, oldId).catch((error: unknown) => {
        throw new Error(`broken ${moment} call ${n}`, { cause: error })
      })
      await node.kubelet.stop()
    }
    expect(total).toBeGreaterThan(30)
  })
})
