import { beforeEach, describe, expect, it, vi } from 'vitest'
import { EngineError } from '../../../src-main/engine/engine.ts'
import { LABEL } from '../../../src-main/kubelet/container-labels.ts'
import { TerminationLogs } from '../../../src-main/kubelet/termination-logs.ts'
import { silentLogger } from '../../../src-main/lib/logger.ts'
import { TestNode } from './test-node.ts'

let node: TestNode

beforeEach(async () => {
  node = await TestNode.create()
  await node.kubelet.start()
  await node.settle()
})

const writers = async () =>
  (await node.engine.listContainers({})).filter(({ name }) => name === 'coxswain-termination-logs')

describe('the files for termination messages', () => {
  it('are each given to one container, over new kubelets too, and the container through which they are made is removed', async () => {
    for (let n = 1; n <= 70; n++) await node.createPod(`web-${n}`)
    await node.pass(5000)
    await node.kubelet.stop()
    node.kubelet = node.newKubelet(node.engine)
    await node.kubelet.start()
    for (let n = 71; n <= 140; n++) await node.createPod(`web-${n}`)
    await node.pass(5000)
    const files = (await node.containers()).map(({ labels }) => labels[LABEL.terminationLog])
    expect(files).toHaveLength(140)
    expect(new Set(files).size).toBe(140)
    expect(files.every(file => /^\d{4}$/.test(file ?? ''))).toBe(true)
    expect(await writers()).toEqual([])
  })

  it('are not made for a path that outlasts the process, nor where the pod mounts something itself', async () => {
    const logs = terminationLogs()
    expect(await logs.take({ name: 'web', terminationMessagePath: '/tmp/words' })).toBeUndefined()
    const volumeMounts = [{ name: 'words', mountPath: '/dev/termination-log' }]
    expect(await logs.take({ name: 'web', volumeMounts })).toBeUndefined()
    const source = expect.stringMatching(/^\/.*\/\d{4}$/) as string
    expect((await logs.take({ name: 'web', terminationMessagePath: '/dev/words' }))?.mount).toEqual({
      type: 'bind',
      source,
      target: '/dev/words',
    })
  })

  it('are done without when the server refuses to make them, and tried again for the next container', async () => {
    const logs = terminationLogs()
    const refusal = new EngineError('engine-error', 'no space left on device')
    const put = vi.spyOn(node.engine, 'putArchive').mockRejectedValueOnce(refusal)
    expect(await logs.take({ name: 'web' })).toBeUndefined()
    expect(await logs.take({ name: 'web' })).toBeDefined()
    expect(put).toHaveBeenCalledTimes(2)
    expect(await writers()).toEqual([])
  })

  function terminationLogs(): TerminationLogs {
    return new TerminationLogs({
      engine: node.engine,
      clusterId: 'a',
      cache: { podUids: () => new Set<string>(), ofPod: () => [] },
      logger: silentLogger,
      random: () => 0.9999,
      ensurePauseImage: () => Promise.resolve(),
    })
  }
})
