import { request } from 'node:http'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { DeploymentKind } from '../../../src-main/api/kinds/deployment.ts'
import { PodKind } from '../../../src-main/api/kinds/pod.ts'
import type { Container, Deployment, NewObject, Pod } from '../../../src-main/api/types.ts'
import { createDeploymentController } from '../../../src-main/controllers/deployment/deployment-controller.ts'
import { createReplicaSetController } from '../../../src-main/controllers/replica-set/replica-set-controller.ts'
import { systemClock } from '../../../src-main/lib/clock.ts'
import { silentLogger } from '../../../src-main/lib/logger.ts'
import { lab, waitFor } from '../lab.ts'
import { RealNode } from './real-node.ts'
import { openSshEngine } from './ssh-engine.ts'

let node: RealNode
let closeEngine: () => void

beforeAll(async () => {
  await lab.reset(1)
  const { engine, close } = await openSshEngine(1)
  closeEngine = close
  node = await RealNode.create(engine)
  await node.startNewKubelet()
})

afterAll(async () => {
  await node?.kubelet.stop()
  closeEngine?.()
})

afterEach(async () => {
  await Promise.all(node.registry.list(PodKind).map(({ metadata }) => node.remove(metadata.name)))
  await waitFor('nothing left', async () => (await node.leftovers()).length === 0)
})

const web = (more: Partial<Container> = {}): Container => ({
  name: 'web',
  image: `${lab.env.web}:1`,
  ports: [{ name: 'http', containerPort: 8080 }],
  ...more,
})
const get = (path: string, periodSeconds = 1) => ({ httpGet: { path, port: 'http' }, periodSeconds })

const isReady = ({ status, metadata }: Pod) =>
  !metadata.deletionTimestamp &&
  status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true
const ready = (name: string, is = true, timeoutMs?: number) =>
  waitFor(`${name} ${is ? 'ready' : 'not ready'}`, () => isReady(node.pod(name)) === is, timeoutMs)
const webStatus = (name: string) => node.pod(name).status?.containerStatuses?.[0]

/** One request to a pod over its server. @returns the status, or the error's code */
async function ask({ status }: Pod, path: string): Promise<number | string> {
  try {
    const socket = await node.engine.dial(status?.podIP ?? '', 8080)
    return await new Promise((resolve, reject) => {
      const sent = request({
        path,
        headers: { host: 'web', connection: 'close' },
        createConnection: () => socket,
      })
      sent.once('response', response => {
        response.resume()
        response.once('end', () => resolve(response.statusCode ?? 0)).once('error', reject)
      })
      sent.once('error', reject)
      sent.end()
    })
  } catch (error) {
    return String((error as { code?: string }).code ?? error)
  }
}

describe('probes of a real pod', () => {
  it('make it ready when it answers, not ready when it says so, and ready again', async () => {
    const env = [{ name: 'START_DELAY_MS', value: '1500' }]
    await node.createPod('web-1', { containers: [web({ env, readinessProbe: get('/readyz') })] })
    await waitFor('running', () => webStatus('web-1')?.state?.running !== undefined)
    expect(isReady(node.pod('web-1'))).toBe(false)
    await ready('web-1')
    await ask(node.pod('web-1'), '/unready')
    await ready('web-1', false)
    expect(node.events.join('\n')).toContain(
      'Warning Unhealthy Readiness probe failed: HTTP probe failed with statuscode: 503',
    )
    await ask(node.pod('web-1'), '/ready')
    await ready('web-1')
    expect(webStatus('web-1')?.restartCount).toBe(0)
  })

  it('have it restarted when it is no longer alive, in the same container', async () => {
    const livenessProbe = { ...get('/healthz'), failureThreshold: 2 }
    await node.createPod('web-1', { containers: [web({ livenessProbe, readinessProbe: get('/readyz') })] })
    await ready('web-1')
    const id = webStatus('web-1')?.containerID
    await ask(node.pod('web-1'), '/unhealthy')
    await waitFor('restarted', () => webStatus('web-1')?.restartCount === 1)
    await ready('web-1')
    expect(webStatus('web-1')?.containerID).toBe(id)
    expect(await ask(node.pod('web-1'), '/healthz')).toBe(200)
  })

  it('by command and by TCP work too, and a wrong port is told', async () => {
    const readinessProbe = {
      exec: { command: ['sh', '-c', 'test -e /tmp/ready || { echo not yet; exit 1; }'] },
      periodSeconds: 1,
    }
    await node.createPod('web-1', {
      containers: [web({ readinessProbe, startupProbe: { tcpSocket: { port: 'http' }, periodSeconds: 1 } })],
    })
    await waitFor('started', () => webStatus('web-1')?.started === true)
    await waitFor('told', () => node.events.some(event => event.includes('Readiness probe failed: not yet')))
    await node.run('web-1', ['touch', '/tmp/ready'], 'web')
    await ready('web-1')
    await node.createPod('web-2', {
      containers: [web({ readinessProbe: { tcpSocket: { port: 9999 }, periodSeconds: 1 } })],
    })
    await waitFor('refused', () =>
      node.events.some(event => /web-2 .*dial tcp .*:9999: connect: connection refused/.test(event)),
    )
  })

  it('are taken up by a new kubelet without a moment of unreadiness', async () => {
    await node.createPod('web-1', { containers: [web({ readinessProbe: get('/readyz') })] })
    await ready('web-1')
    let lapses = 0
    const off = node.registry.watch(PodKind, ({ object }) => void (isReady(object) || lapses++))
    await node.kubelet.stop()
    await node.startNewKubelet()
    await ask(node.pod('web-1'), '/unready')
    await ready('web-1', false)
    off()
    expect(lapses).toBe(1)
  })
})

describe('a pod that leaves', () => {
  it('finishes what it has begun, after its preStop hook', async () => {
    const preStop = { exec: { command: ['sh', '-c', 'echo leaving > /proc/1/fd/1; sleep 0.5'] } }
    await node.createPod('web-1', {
      containers: [web({ lifecycle: { preStop }, readinessProbe: get('/readyz') })],
    })
    await ready('web-1')
    const pod = node.pod('web-1')
    const slow = ask(pod, '/slow?ms=1500')
    await new Promise(resolve => setTimeout(resolve, 200))
    await node.remove('web-1')
    expect(await slow).toBe(200)
  })

  it('loses no request when ten of them are replaced, one drain after the other', async () => {
    // who sends requests has let go of a pod when it has seen the deletion and its last request is answered
    const leaving = new Set<string>()
    const drain = {
      settled: (pod: Pod) => {
        leaving.add(pod.metadata.uid)
        return Promise.resolve()
      },
    }
    await node.kubelet.stop()
    await node.startNewKubelet({ drain })
    const parts = {
      client: node.registry,
      events: { event: () => undefined },
      clock: systemClock,
      logger: silentLogger,
    }
    const controllers = [createDeploymentController(parts), createReplicaSetController(parts)]
    for (const controller of controllers) controller.start()
    // the only server: what a scheduler would do
    const off = node.registry.watch(PodKind, ({ type, object }) => {
      if (type !== 'ADDED' || object.spec.nodeName) return
      const { name, namespace } = object.metadata
      void node.registry.modify(PodKind, { name, namespace }, draft => void (draft.spec.nodeName = 'n1'))
    })
    const template = (version: string) => ({
      metadata: { labels: { app: 'web' } },
      spec: { containers: [web({ image: `${lab.env.web}:${version}`, readinessProbe: get('/readyz', 10) })] },
    })
    const deployment: NewObject<Deployment> = {
      metadata: { name: 'web', namespace: 'default' },
      spec: { replicas: 10, selector: { matchLabels: { app: 'web' } }, template: template('1') },
    }
    await node.registry.create(DeploymentKind, deployment)
    const pods = () => node.registry.list(PodKind)
    await waitFor('10 ready', () => pods().filter(isReady).length === 10, 60_000)

    const answers = new Map<number | string, number>()
    const open = new Set<Promise<void>>()
    let turn = 0
    const timer = setInterval(() => {
      const able = pods().filter(pod => isReady(pod) && !leaving.has(pod.metadata.uid))
      const pod = able[turn++ % able.length]
      if (!pod) return void answers.set('nobody', (answers.get('nobody') ?? 0) + 1)
      const asked = ask(pod, '/slow?ms=20').then(answer => {
        answers.set(answer, (answers.get(answer) ?? 0) + 1)
        open.delete(asked)
      })
      open.add(asked)
    }, 5)
    await node.registry.modify(DeploymentKind, { name: 'web', namespace: 'default' }, draft => {
      draft.spec.template = template('2')
    })
    const renewed = (pod: Pod) => isReady(pod) && pod.spec.containers[0]?.image?.endsWith(':2') === true
    await waitFor('renewed', () => pods().length === 10 && pods().every(renewed), 90_000)
    clearInterval(timer)
    await Promise.all(open)
    off()
    await node.registry.delete(DeploymentKind, { name: 'web', namespace: 'default' })
    for (const controller of controllers) await controller.stop()
    expect([...answers.keys()]).toEqual([200])
    expect(answers.get(200)).toBeGreaterThan(200)
  })
})
