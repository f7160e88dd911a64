import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { lab, waitFor } from '../lab.ts'
import { podsOf, waitForReadyNodes } from '../support/cluster.ts'
import { createCox, type Cox } from '../support/cox.ts'
import { serverManifests, webDeployment } from '../support/manifests.ts'

let cox: Cox

beforeAll(async () => {
  await lab.reset(1)
  cox = await createCox()
  await cox.apply(serverManifests(lab.env, 1))
  await waitForReadyNodes(cox, 1)
  await cox.apply(webDeployment({ image: `${lab.env.web}:1`, replicas: 2 }))
  await waitForReadyPods()
})

afterAll(() => cox?.dispose())

const readyPods = async () => (await podsOf(cox)).filter(pod => pod.ready && !pod.leaving)
const waitForReadyPods = () => waitFor('2 ready pods', async () => (await readyPods()).length === 2, 120_000)
const conditionOf = (kind: string, type: string) =>
  cox.kubectl(
    'get',
    kind,
    'lab-1',
    '-o',
    `jsonpath={.status.conditions[?(@.type=="${type}")].status}/{.status.conditions[?(@.type=="${type}")].reason}`,
  )

describe('a Node that is deleted while its server is connected', () => {
  it('is registered again, and its pods stay', async () => {
    const before = await readyPods()
    const uid = () => cox.kubectl('get', 'node', 'lab-1', '-o', 'jsonpath={.metadata.uid}/{.spec.podCIDR}')
    const [oldUid, cidr] = (await uid()).split('/24')[0]?.split('/') ?? []
    await cox.kubectl('delete', 'node', 'lab-1')
    await waitFor('another Node', async () => {
      const now = await uid()
      return !now.startsWith(oldUid ?? '') && now.includes(`/${cidr}/24`)
    })
    await waitForReadyNodes(cox, 1)
    // longer than pods stay whose Node is gone
    await cox.apply(webDeployment({ image: `${lab.env.web}:1`, replicas: 1, name: 'later' }))
    await cox.kubectl('rollout', 'status', 'deployment/later', '--timeout=120s')
    await waitForReadyPods()
    expect((await readyPods()).map(pod => pod.containerId).sort()).toEqual(
      before.map(pod => pod.containerId).sort(),
    )
  })
})

describe('a server whose Docker stops while sshd goes on', () => {
  it('is not ready, and is again when Docker is back', { timeout: 300_000 }, async () => {
    await lab.stopDocker(1)
    await waitFor(
      'DockerReady False',
      async () => (await conditionOf('server', 'DockerReady')).startsWith('False/'),
      120_000,
    )
    expect(await conditionOf('server', 'Connected')).toBe('True/Connected')
    await waitFor(
      'the Node not ready',
      async () => (await conditionOf('node', 'Ready')) === 'False/EngineStopped',
      120_000,
    )
    await lab.startDocker(1)
    await waitFor(
      'the Node Ready',
      async () => (await conditionOf('node', 'Ready')) === 'True/KubeletReady',
      120_000,
    )
    expect(await conditionOf('server', 'DockerReady')).toBe('True/EngineReady')
    await waitForReadyPods()
  })
})
