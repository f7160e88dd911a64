import { beforeEach, describe, expect, it } from 'vitest'
import { PodKind } from '../../../src-main/api/kinds/pod.ts'
import { EngineError } from '../../../src-main/engine/engine.ts'
import { LABEL } from '../../../src-main/kubelet/container-labels.ts'
import { TestNode } from './test-node.ts'

let node: TestNode

beforeEach(async () => {
  node = await TestNode.create()
  await node.kubelet.start()
})

describe('a pod of one container', () => {
  it('is one container on the pod network, and Running with one status write', async () => {
    const { metadata } = await node.createPod('web-1')
    await node.settle()
    const { status, metadata: after } = node.pod('web-1')
    expect(status?.phase).toBe('Running')
    expect(node.states('web-1')).toEqual(['web: running'])
    expect(status?.podIP).toBe('10.244.1.2')
    expect(status?.hostIP).toBe('192.0.2.1')
    expect(status?.conditions?.map(({ type, status }) => `${type}=${status}`)).toEqual([
      'PodReadyToStartContainers=True',
      'Initialized=True',
      'Ready=True',
      'ContainersReady=True',
      'PodScheduled=True',
    ])
    const containers = await node.containers()
    expect(containers.map(({ ipv4, restartPolicy }) => [ipv4, restartPolicy])).toEqual([
      ['10.244.1.2', 'unless-stopped'],
    ])
    expect(Number(after.resourceVersion) - Number(metadata.resourceVersion)).toBe(1)
  })

  it('tells what happened in events', async () => {
    await node.createPod('web-1')
    await node.settle()
    expect(node.events).toEqual([
      'web-1 Normal Pulled Container image "web:1" already present on machine',
      'web-1 Normal Created Created container web',
      'web-1 Normal Started Started container web',
    ])
  })

  it('goes with its object, after its grace', async () => {
    await node.createPod('web-1')
    await node.settle()
    await node.registry.delete(PodKind, { name: 'web-1', namespace: 'default' })
    await node.pass(1000)
    expect(await node.containers()).toEqual([])
    expect(node.registry.get(PodKind, 'web-1', 'default')).toBeUndefined()
  })

  it('gives two pods two addresses', async () => {
    await node.createPod('web-1')
    await node.createPod('web-2')
    await node.settle()
    const addresses = (await node.containers()).map(({ ipv4 }) => ipv4)
    expect(new Set(addresses).size).toBe(2)
  })
})

describe('a server that has lost its pod network', () => {
  it('gets it again with the next pod, which runs at once', async () => {
    await node.engine.removeNetwork('coxswain')
    await node.createPod('web-1')
    await node.settle()
    expect(node.states('web-1')).toEqual(['web: running'])
  })

  it('makes a container anew that can only be started on the old one', async () => {
    await node.createPod('web-1')
    await node.settle()
    const { id } = await node.container()
    const start = node.engine.startContainer.bind(node.engine)
    node.engine.startContainer = async started => {
      if (started === id) throw new EngineError('network-not-found', 'network f00 not found')
      await start(started)
    }
    const stopped = node.engine.stopContainer(id, { timeoutSeconds: 1 })
    await node.pass(30_000)
    await stopped
    expect(node.states('web-1')).toEqual(['web: running'])
    expect((await node.container()).id).not.toBe(id)
  })
})

describe('a pod that is deleted by force', () => {
  it('loses its container at once, though it waits out its grace', async () => {
    const env = [{ name: 'COXSWAIN_SIM_STOP_AFTER', value: 'never' }]
    await node.createPod('web-1', { containers: [{ name: 'web', image: 'web:1', env }] })
    await node.settle()
    const key = { name: 'web-1', namespace: 'default' }
    await node.registry.delete(PodKind, key)
    await node.pass(2000)
    expect((await node.container()).state).toBe('running')
    await node.registry.delete(PodKind, key, { gracePeriodSeconds: 0 })
    await node.settle()
    expect(await node.containers()).toEqual([])
  })
})

describe('the cost of a pod', () => {
  it('is one look at the image for all, then create, start and one inspection each, and nothing at rest', async () => {
    await node.kubelet.stop()
    const calls: string[] = []
    const counted = new Proxy(node.engine, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name)
        if (typeof member !== 'function') return member
        return (...parameters: unknown[]) => {
          calls.push(String(name))
          return member.apply(target, parameters) as unknown
        }
      },
    })
    node.kubelet = node.newKubelet(counted)
    await node.kubelet.start()
    await node.settle() // its files for termination messages are made once, for many pods
    calls.length = 0
    await Promise.all(['web-1', 'web-2', 'web-3'].map(name => node.createPod(name)))
    await node.pass(30_000)
    const count = (name: string) => calls.filter(call => call === name).length
    expect([count('inspectImage'), count('createContainer'), count('startContainer')]).toEqual([1, 3, 3])
    expect(count('inspectContainer')).toBe(3)
    // the list of volumes is the start's search for lost ones
    expect(calls.filter(call => call !== 'listVolumes')).toHaveLength(10)
  })
})

describe('a new kubelet', () => {
  it('adopts what runs: same container, no restart, no write', async () => {
    await node.createPod('web-1')
    await node.settle()
    const before = await node.containers()
    const revision = node.registry.revision
    await node.reconnect()
    expect(await node.containers()).toEqual(before)
    expect(node.registry.revision).toBe(revision)
  })

  it('removes containers of pods that are gone, and frees their addresses', async () => {
    const pod = await node.createPod('web-1')
    await node.settle()
    await node.kubelet.stop()
    const { name, namespace, uid } = { ...pod.metadata, namespace: 'default' }
    await node.registry.delete(
      PodKind,
      { name, namespace },
      { gracePeriodSeconds: 0, preconditions: { uid } },
    )
    await node.reconnect()
    await node.pass(1000)
    expect(await node.containers()).toEqual([])
  })

  it('finishes a deletion that was asked for while it was away', async () => {
    await node.createPod('web-1')
    await node.settle()
    await node.kubelet.stop()
    await node.registry.delete(PodKind, { name: 'web-1', namespace: 'default' })
    await node.reconnect()
    await node.pass(1000)
    expect(await node.containers()).toEqual([])
    expect(node.registry.get(PodKind, 'web-1', 'default')).toBeUndefined()
  })

  it('never gives an address that a container holds', async () => {
    await node.createPod('web-1')
    await node.settle()
    await node.reconnect()
    await node.createPod('web-2')
    await node.settle()
    const addresses = (await node.containers()).map(({ ipv4 }) => ipv4)
    expect(addresses).toEqual(['10.244.1.2', '10.244.1.3'])
  })
})

describe('restarts', () => {
  it('leaves a container that keeps dying to Docker and shows CrashLoopBackOff', async () => {
    const env = [
      { name: 'COXSWAIN_SIM_EXIT_AFTER', value: '500' },
      { name: 'COXSWAIN_SIM_EXIT_CODE', value: '3' },
    ]
    await node.createPod('web-1', { containers: [{ name: 'web', image: 'web:1', env }] })
    await node.pass(30_000)
    const container = await node.container()
    const status = node.pod('web-1').status?.containerStatuses?.[0]
    expect(container.restartCount).toBeGreaterThan(3)
    expect(node.states('web-1')).toEqual(['web: waiting CrashLoopBackOff'])
    expect(status?.lastState?.terminated).toMatchObject({ exitCode: 3, reason: 'Error' })
    expect(status?.restartCount).toBe(container.restartCount - 1)
  })

  it('starts a container again that a person stopped', async () => {
    await node.createPod('web-1')
    await node.settle()
    const { id } = await node.container()
    const stopped = node.engine.stopContainer(id, { timeoutSeconds: 1 })
    await node.pass(1000)
    await stopped
    await node.pass(1000)
    expect((await node.container()).state).toBe('running')
    const status = node.pod('web-1').status?.containerStatuses?.[0]
    expect(status?.restartCount).toBe(1)
    expect(status?.lastState?.terminated?.exitCode).toBe(0)
  })

  it('lets a pod that must not restart succeed or fail', async () => {
    const env = [{ name: 'COXSWAIN_SIM_EXIT_AFTER', value: '500' }]
    const containers = [{ name: 'web', image: 'web:1', env }]
    await node.createPod('job-1', { containers, restartPolicy: 'Never' })
    await node.pass(2000)
    expect(node.pod('job-1').status?.phase).toBe('Succeeded')
    expect(node.states('job-1')).toEqual(['web: terminated Completed'])
  })

  it('ends a pod at its activeDeadlineSeconds', async () => {
    await node.createPod('job-1', { activeDeadlineSeconds: 5 })
    await node.pass(8000)
    const { status } = node.pod('job-1')
    expect([status?.phase, status?.reason]).toEqual(['Failed', 'DeadlineExceeded'])
    expect((await node.container()).state).toBe('exited')
  })

  it('puts a container of a new image in the place of the old one, as a restart', async () => {
    await node.createPod('web-1')
    await node.settle()
    await node.registry.modify(PodKind, { name: 'web-1', namespace: 'default' }, draft => {
      for (const container of draft.spec.containers) container.image = 'web:2'
    })
    await node.pass(2000)
    const containers = await node.containers()
    expect(containers.map(({ image }) => image)).toEqual(['web:2'])
    expect(node.pod('web-1').status?.containerStatuses?.[0]?.restartCount).toBe(1)
  })
})

describe('a pod that shares', () => {
  const spec = {
    containers: [
      { name: 'web', image: 'web:1' },
      { name: 'log', image: 'web:1' },
    ],
  }

  it('has a pause container that holds the address', async () => {
    await node.createPod('web-1', spec)
    await node.settle()
    const containers = await node.containers()
    expect(containers.map(({ labels, ipv4 }) => [labels[LABEL.container], ipv4])).toEqual([
      ['POD', '10.244.1.2'],
      ['log', undefined],
      ['web', undefined],
    ])
    expect(node.pod('web-1').status?.phase).toBe('Running')
  })

  it('runs init containers in order before the others', async () => {
    const env = [{ name: 'COXSWAIN_SIM_EXIT_AFTER', value: '1000' }]
    const init = (name: string) => ({ name, image: 'web:1', env })
    await node.createPod('web-1', {
      initContainers: [init('one'), init('two')],
      containers: [{ name: 'web', image: 'web:1' }],
    })
    await node.settle()
    expect(node.states('web-1')).toEqual([
      'one: running',
      'two: waiting PodInitializing',
      'web: waiting PodInitializing',
    ])
    expect(node.pod('web-1').status?.phase).toBe('Pending')
    await node.pass(1000)
    expect(node.states('web-1')).toEqual([
      'one: terminated Completed',
      'two: running',
      'web: waiting PodInitializing',
    ])
    await node.pass(1000)
    expect(node.states('web-1')).toEqual([
      'one: terminated Completed',
      'two: terminated Completed',
      'web: running',
    ])
    expect(node.pod('web-1').status?.phase).toBe('Running')
  })

  it('survives a power cut without being made anew', async () => {
    await node.createPod('web-1', spec)
    await node.settle()
    const ids = (await node.containers()).map(({ id }) => id)
    await node.kubelet.stop()
    node.engine.powerOff()
    node.engine.powerOn()
    await node.pass(1000)
    await node.reconnect()
    await node.pass(2000)
    const after = await node.containers()
    expect(after.map(({ id }) => id)).toEqual(ids)
    expect(after.map(({ state }) => state)).toEqual(['running', 'running', 'running'])
    expect(node.pod('web-1').status?.phase).toBe('Running')
  })
})

describe('what is missing', () => {
  it('names the ConfigMap, and starts as soon as it is there', async () => {
    const { ConfigMapKind } = await import('../../../src-main/api/kinds/config-map.ts')
    const envFrom = [{ configMapRef: { name: 'settings' } }]
    await node.createPod('web-1', { containers: [{ name: 'web', image: 'web:1', envFrom }] })
    await node.settle()
    expect(node.states('web-1')).toEqual(['web: waiting CreateContainerConfigError'])
    expect(node.pod('web-1').status?.containerStatuses?.[0]?.state?.waiting?.message).toBe(
      'configmap "settings" not found in namespace default',
    )
    const metadata = { name: 'settings', namespace: 'default' }
    await node.registry.create(ConfigMapKind, { metadata, data: { COLOUR: 'red' } })
    await node.settle()
    expect(node.states('web-1')).toEqual(['web: running'])
  })

  it('says ErrImagePull, then ImagePullBackOff, for an image that is nowhere', async () => {
    const seen: string[] = []
    node.registry.watch(PodKind, () => seen.push(...node.states('web-1')))
    await node.createPod('web-1', { containers: [{ name: 'web', image: 'web:missing' }] })
    await node.pass(9000)
    expect(seen).toContain('web: waiting ErrImagePull')
    expect(node.states('web-1')).toEqual(['web: waiting ImagePullBackOff'])
  })

  it('says InvalidImageName', async () => {
    await node.createPod('web-1', { containers: [{ name: 'web', image: 'Web:1:2' }] })
    await node.settle()
    expect(node.states('web-1')).toEqual(['web: waiting InvalidImageName'])
  })

  it('shows a start that Docker refuses, in its words', async () => {
    const env = [
      { name: 'COXSWAIN_SIM_START_ERROR', value: 'exec: "weeb": executable file not found in $PATH' },
    ]
    await node.createPod('web-1', { containers: [{ name: 'web', image: 'web:1', env }] })
    await node.settle()
    expect(node.states('web-1')).toEqual(['web: waiting RunContainerError'])
    expect(node.pod('web-1').status?.containerStatuses?.[0]?.state?.waiting?.message).toContain('weeb')
  })
})
