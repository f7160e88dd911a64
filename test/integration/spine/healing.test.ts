import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { lab, waitFor } from '../lab.ts'
import { countByNode, podContainers, podsOf, waitForReadyNodes } from '../support/cluster.ts'
import { createCox, type Cox } from '../support/cox.ts'
import { serverManifest, serverManifests, webDeployment } from '../support/manifests.ts'

let cox: Cox

beforeAll(async () => {
  await lab.reset()
  cox = await createCox()
  await cox.apply(serverManifests(lab.env, 3))
  await waitForReadyNodes(cox, 3)
  await cox.apply(webDeployment({ image: `${lab.env.web}:1`, replicas: 6 }))
})

afterAll(() => cox?.dispose())

const ready = async () => (await podsOf(cox)).filter(pod => pod.ready && !pod.leaving)

beforeEach(async () => {
  await waitFor(
    '6 ready pods',
    async () => (await ready()).length === 6 && (await podsOf(cox)).length === 6,
    90_000,
  )
})

const readyReason = (of: Cox, node: string) =>
  of.kubectl('get', 'node', node, '-o', 'jsonpath={.status.conditions[?(@.type=="Ready")].reason}')

/** Drops what this computer sends to an address; other servers still reach it. @returns the way back */
async function blockTrafficTo(address: string): Promise<() => Promise<void>> {
  const table = 'coxswain_test'
  const nft = (rules: string) => promisify(execFile)('nft', [rules])
  await nft(`add table ip ${table}`)
  await nft(`add chain ip ${table} out { type filter hook output priority 0; }`)
  await nft(`add rule ip ${table} out ip daddr ${address} drop`)
  return async () => void (await nft(`delete table ip ${table}`))
}

/** Ends the process of a container behind Docker's back, as a crash does. */
async function crash(n: number, containerId: string): Promise<void> {
  const id = containerId.replace('docker://', '')
  const pid = (await lab.docker(n, 'inspect', '-f', '{{.State.Pid}}', id)).trim()
  await lab.exec(n, 'kill', '-9', pid)
}

async function isRunning(n: number, containerId: string, restarts: number): Promise<boolean> {
  const id = containerId.replace('docker://', '')
  const [running, count] = (await lab.docker(n, 'inspect', '-f', '{{.State.Running}} {{.RestartCount}}', id))
    .trim()
    .split(' ')
  return running === 'true' && Number(count) >= restarts
}

describe('a container that crashes', () => {
  it('runs again, and its restart is counted', async () => {
    const [pod] = await ready()
    const n = Number(pod?.node.replace('lab-', ''))
    await crash(n, pod?.containerId ?? '')
    await waitFor('Docker restarts it', () => isRunning(n, pod?.containerId ?? '', 1), 10_000)
    await waitFor(
      'the restart is counted',
      async () => {
        const now = (await ready()).find(({ uid }) => uid === pod?.uid)
        return now?.restarts === 1
      },
      10_000,
    )
  })

  it('runs again with the control plane off as well', async () => {
    const [, pod] = await ready()
    const n = Number(pod?.node.replace('lab-', ''))
    await cox.stop()
    await crash(n, pod?.containerId ?? '')
    await waitFor('Docker restarts it', () => isRunning(n, pod?.containerId ?? '', 1), 10_000)
    await cox.start()
  })

  it('that a person stopped with docker stop is started again', async () => {
    const [, , pod] = await ready()
    const n = Number(pod?.node.replace('lab-', ''))
    await lab.docker(n, 'kill', (pod?.containerId ?? '').replace('docker://', ''))
    await waitFor(
      'the kubelet restarts it',
      async () => {
        const now = (await ready()).find(({ uid }) => uid === pod?.uid)
        return now !== undefined && now.restarts >= 1
      },
      60_000,
    )
  })
})

describe('a pod that fits nowhere', () => {
  it('says why, and is placed as soon as a fourth server joins', async () => {
    await cox.apply(`apiVersion: v1
kind: Pod
metadata: {name: picky, labels: {app: picky}}
spec:
  nodeSelector: {kubernetes.io/hostname: lab-4}
  containers:
    - {name: web, image: "${lab.env.web}:1"}
`)
    await waitFor('its reason', async () =>
      (
        await cox.kubectl(
          'get',
          'pod',
          'picky',
          '-o',
          'jsonpath={.status.conditions[?(@.type=="PodScheduled")].message}',
        )
      ).includes("0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector."),
    )
    expect(await cox.kubectl('describe', 'pod', 'picky')).toContain('FailedScheduling')
    await lab.boot(4)
    await cox.apply(serverManifest(lab.env, 4))
    await waitFor('picky runs', async () => (await podsOf(cox, 'app=picky'))[0]?.ready === true, 60_000)
    await cox.kubectl('delete', 'pod', 'picky', '--timeout=30s')
    await cox.kubectl('delete', 'server', 'lab-4', '--timeout=30s')
  })
})

describe('a power cut', () => {
  it('moves the pods of one server to the others, and nothing is doubled when it returns', async () => {
    const before = await ready()
    const began = Date.now()
    await lab.kill(3)
    await waitFor(
      '6 ready pods elsewhere',
      async () => {
        const now = await ready()
        return now.length === 6 && now.every(({ node }) => node !== 'lab-3')
      },
      60_000,
    )
    console.log(`failover took ${((Date.now() - began) / 1000).toFixed(1)} s`)
    const during = await ready()
    const stayed = before.filter(({ node }) => node !== 'lab-3')
    for (const pod of stayed)
      expect(during.find(({ uid }) => uid === pod.uid)?.containerId).toBe(pod.containerId)

    await lab.boot(3)
    await waitFor(
      'server 3 is Ready again',
      async () => /lab-3\s+Ready/.test(await cox.kubectl('get', 'nodes')),
      60_000,
    )
    await waitFor('its replaced pods are gone', async () => (await podContainers(3)) === '', 60_000)
    expect((await podsOf(cox)).map(({ uid }) => uid).sort()).toEqual(during.map(({ uid }) => uid).sort())
    expect(countByNode(await ready())['lab-3']).toBeUndefined()
  })
})

describe('a server that only this computer cannot reach', () => {
  it('keeps its pods, because another server reaches it', { timeout: 120_000 }, async () => {
    const before = await ready()
    const restore = await blockTrafficTo(lab.env.host(3))
    try {
      await waitFor('a second opinion', async () =>
        (await readyReason(cox, 'lab-3')).startsWith('UnreachableFromHere'),
      )
      await new Promise(resolve => setTimeout(resolve, 10_000))
      expect((await podsOf(cox)).map(({ uid }) => uid).sort()).toEqual(before.map(({ uid }) => uid).sort())
    } finally {
      await restore()
    }
    await waitFor('it is reached again', async () => (await readyReason(cox, 'lab-3')) === 'KubeletReady')
  })
})

describe("the control plane's own network lost", () => {
  it(
    'evicts and restarts nothing when all three servers go silent for 60 s',
    { timeout: 240_000 },
    async () => {
      const before = await ready()
      for (const n of [1, 2, 3]) await lab.cut(n)
      await new Promise(resolve => setTimeout(resolve, 60_000))
      const silent = await podsOf(cox)
      expect(silent.map(({ uid }) => uid).sort()).toEqual(before.map(({ uid }) => uid).sort())
      expect(silent.filter(({ leaving }) => leaving)).toEqual([])
      for (const n of [1, 2, 3]) await lab.heal(n)
      await waitForReadyNodes(cox, 3)
      await waitFor('6 ready pods', async () => (await ready()).length === 6)
      const after = await ready()
      expect(after.map(({ containerId }) => containerId).sort()).toEqual(
        before.map(({ containerId }) => containerId).sort(),
      )
      expect(after.map(({ restarts }) => restarts).sort()).toEqual(
        before.map(({ restarts }) => restarts).sort(),
      )
    },
  )
})
