import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { lab, waitFor } from '../lab.ts'
import { countByNode, podContainers, podsOf, waitForReadyNodes } from '../support/cluster.ts'
import { createCox, type Cox } from '../support/cox.ts'
import { serverManifests, webDeployment } from '../support/manifests.ts'

let cox: Cox
const image = (tag: string) => `${lab.env.web}:${tag}`

beforeAll(async () => {
  await lab.reset()
  cox = await createCox()
  await cox.apply(serverManifests(lab.env, 3))
  await waitForReadyNodes(cox, 3)
})

afterAll(() => cox?.dispose())

const ready = async () => (await podsOf(cox)).filter(pod => pod.ready && !pod.leaving)

describe('a Deployment of 6 replicas on three servers, with kubectl', () => {
  it('spreads 2 to a server and becomes ready', async () => {
    await cox.apply(webDeployment({ image: image('1'), replicas: 6 }))
    await cox.kubectl('rollout', 'status', 'deployment/web', '--timeout=60s')
    expect(countByNode(await ready())).toEqual({ 'lab-1': 2, 'lab-2': 2, 'lab-3': 2 })
  })

  it('has containers that answer on their own addresses', async () => {
    for (const pod of await ready()) {
      const n = Number(pod.node.replace('lab-', ''))
      const answer = await lab.ssh(n, `curl -sf --max-time 5 http://${pod.ip}:8080/`)
      expect(JSON.parse(answer)).toMatchObject({ hostname: pod.name, version: '1' })
    }
  })

  it('is applied again without a change', async () => {
    expect(await cox.apply(webDeployment({ image: image('1'), replicas: 6 }))).toContain(
      'deployment.apps/web unchanged',
    )
  })

  it('is shown by get -o wide, describe and logs', async () => {
    const wide = await cox.kubectl('get', 'deployments,replicasets,pods,nodes', '-o', 'wide')
    expect(wide).toMatch(/deployment.apps\/web\s+6\/6\s+6\s+6/)
    expect(wide).toMatch(/node\/lab-1\s+Ready/)
    const [pod] = await ready()
    expect(wide).toContain(pod?.ip)
    const described = await cox.kubectl('describe', 'deployment', 'web')
    expect(described).toContain('6 desired | 6 updated | 6 total | 6 available | 0 unavailable')
    const describedPod = await cox.kubectl('describe', 'pod', pod?.name ?? '')
    expect(describedPod).toMatch(/Status:\s+Running/)
    expect(describedPod).toContain('Started container web')
    expect(await cox.kubectl('describe', 'node', 'lab-1')).toContain('docker://')
    expect(await cox.kubectl('logs', pod?.name ?? '')).toContain('listening')
    expect((await cox.kubectl('logs', 'deployment/web', '--tail=1')).trim().split('\n')).toHaveLength(1)
  })

  it('follows a log as it grows', async () => {
    const [pod] = await ready()
    const n = Number(pod?.node.replace('lab-', ''))
    const following = cox.tryKubectl('logs', '-f', '--tail=0', '--request-timeout=5s', pod?.name ?? '')
    await waitFor('a request in the log', async () => {
      await lab.ssh(n, `curl -sf --max-time 5 http://${pod?.ip}:8080/healthz`)
      return cox.kubectl('logs', '--tail=5', pod?.name ?? '').then(text => text.includes('/healthz'))
    })
    expect((await following).stdout).toContain('/healthz')
  })

  it('scales up and down', async () => {
    await cox.kubectl('scale', 'deployment/web', '--replicas=9')
    await waitFor('9 ready pods', async () => (await ready()).length === 9)
    expect(countByNode(await ready())).toEqual({ 'lab-1': 3, 'lab-2': 3, 'lab-3': 3 })
    await cox.kubectl('scale', 'deployment/web', '--replicas=6')
    await waitFor('6 pods', async () => (await podsOf(cox)).length === 6)
  })

  it('rolls to a second version and back, with a history', async () => {
    await cox.kubectl('set', 'image', 'deployment/web', `web=${image('2')}`)
    await cox.kubectl('rollout', 'status', 'deployment/web', '--timeout=90s')
    expect(await cox.kubectl('rollout', 'history', 'deployment/web')).toMatch(/1\s+<none>\n2\s+<none>/)
    await cox.kubectl('rollout', 'undo', 'deployment/web', '--to-revision=1')
    await cox.kubectl('rollout', 'status', 'deployment/web', '--timeout=90s')
    const [pod] = await ready()
    const answer = await lab.ssh(Number(pod?.node.replace('lab-', '')), `curl -sf http://${pod?.ip}:8080/`)
    expect(JSON.parse(answer)).toMatchObject({ version: '1' })
    expect(await cox.kubectl('rollout', 'history', 'deployment/web')).toMatch(/2\s+<none>\n3\s+<none>/)
  })

  it('is measured: top shows what pods and servers use', async () => {
    expect(await cox.kubectl('top', 'nodes')).toMatch(/lab-1 +\d+m +\d+% +\d+Mi +\d+%/)
    await waitFor('figures of 6 pods', async () => {
      const { code, stdout } = await cox.tryKubectl('top', 'pods', '--containers', '--no-headers')
      return code === 0 && stdout.trim().split('\n').length === 6 && /web-\S+ +web +\d+m +\d+Mi/.test(stdout)
    })
  })

  it('moves away from a server that is drained', async () => {
    await cox.kubectl('drain', 'lab-2', '--ignore-daemonsets', '--timeout=60s')
    await cox.kubectl('rollout', 'status', 'deployment/web', '--timeout=60s')
    expect(Object.keys(countByNode(await ready())).sort()).toEqual(['lab-1', 'lab-3'])
    expect(await lab.docker(2, 'ps', '-q', '--filter', 'label=io.coxswain.container=web')).toBe('')
    await cox.kubectl('uncordon', 'lab-2')
  })

  it('leaves no container behind when it is deleted', async () => {
    await cox.kubectl('delete', 'deployment', 'web', '--timeout=60s')
    await waitFor('no pods', async () => (await podsOf(cox)).length === 0)
    for (const n of [1, 2, 3]) expect(await podContainers(n)).toBe('')
  })

  it('leaves nothing on a server that is removed', async () => {
    await cox.kubectl('delete', 'server', 'lab-3', '--timeout=60s')
    await waitFor('its node is gone', async () => !(await cox.kubectl('get', 'nodes')).includes('lab-3'))
    expect(await lab.docker(3, 'ps', '-aq')).toBe('')
    expect(await lab.docker(3, 'volume', 'ls', '-q')).toBe('')
    expect(await lab.docker(3, 'network', 'ls', '--format', '{{.Name}}')).not.toContain('coxswain')
  })
})
