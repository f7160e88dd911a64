import { expect, it } from 'vitest'
import type { Engine } from '../../../src-main/engine/engine.ts'
import { createSimulatedEngine } from '../../../src-main/engine/simulated/simulated-engine.ts'
import { LABEL } from '../../../src-main/kubelet/container-labels.ts'
import { ensurePodNetwork } from '../../../src-main/kubelet/pod-network.ts'
import { ManualClock } from '../../../src-main/lib/manual-clock.ts'

const clusterId = 'cluster'

function newEngine(): Engine {
  const options = { cpus: 2, memoryBytes: 2 ** 31, latencyMs: 0, images: ['web:1'] }
  return createSimulatedEngine({ clock: new ManualClock(), hostName: 'n1', ...options })
}

async function addPod(engine: Engine, name: string, ipv4: string): Promise<void> {
  const id = await engine.createContainer({
    name,
    image: 'web:1',
    labels: { [LABEL.cluster]: clusterId, [LABEL.podIp]: ipv4 },
    environment: [],
    restartPolicy: 'always',
    network: { mode: 'bridge', name: 'coxswain', ipv4 },
  })
  await engine.startContainer(id)
}

const names = async (engine: Engine) => (await engine.listContainers({})).map(({ name }) => name)

it('stays as it is, with its pods', async () => {
  const engine = newEngine()
  await ensurePodNetwork(engine, { podCidr: '10.244.1.0/24', clusterId })
  await addPod(engine, 'web', '10.244.1.2')
  await ensurePodNetwork(engine, { podCidr: '10.244.1.0/24', clusterId })
  expect(await names(engine)).toEqual(['web'])
})

it('that is left of an earlier membership gives way to the new one', async () => {
  const engine = newEngine()
  await ensurePodNetwork(engine, { podCidr: '10.244.1.0/24', clusterId })
  await addPod(engine, 'web', '10.244.1.2')
  await ensurePodNetwork(engine, { podCidr: '10.244.7.0/24', clusterId })
  expect(await names(engine)).toEqual([])
  await addPod(engine, 'web', '10.244.7.2')
})

it('does not take addresses that another network has', async () => {
  const engine = newEngine()
  await engine.ensureNetwork({ name: 'theirs', subnet: '10.244.0.0/16', gateway: '10.244.0.1', labels: {} })
  await expect(ensurePodNetwork(engine, { podCidr: '10.244.1.0/24', clusterId })).rejects.toMatchObject({
    code: 'network-conflict',
  })
})
