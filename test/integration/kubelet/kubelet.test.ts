import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { ConfigMapKind } from '../../../src-main/api/kinds/config-map.ts'
import { PodKind } from '../../../src-main/api/kinds/pod.ts'
import { SecretKind } from '../../../src-main/api/kinds/secret.ts'
import { LABEL } from '../../../src-main/kubelet/container-labels.ts'
import { lab, waitFor } from '../lab.ts'
import { RealNode } from './real-node.ts'

let node: RealNode

beforeAll(async () => {
  await lab.reset(1)
  node = await RealNode.create()
  await node.startNewKubelet()
})

afterAll(async () => {
  await node.kubelet.stop()
  node.engine.close()
})

afterEach(async () => {
  const pods = node.registry.list(PodKind)
  await Promise.all(pods.map(({ metadata }) => node.remove(metadata.name)))
  await waitFor('nothing left', async () => (await node.leftovers()).length === 0)
})

const forever = 'sleep 1000 & wait'

describe('one container', () => {
  it('runs with its environment, host name, address and limits', async () => {
    const env = [
      { name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
      { name: 'GREETING', value: 'hello from $(POD_IP), $$(POD_IP)' },
      { name: 'CPU', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '1m' } } },
    ]
    const resources = { limits: { cpu: '500m', memory: '64Mi' } }
    const command = ['sh', '-c', 'echo "$GREETING"; echo "$(hostname) $CPU $0"; exec sleep 1000', '$(POD_IP)']
    const containers = [{ name: 'sh', image: lab.env.base, command, env, resources }]
    await node.createPod('web-1', { terminationGracePeriodSeconds: 1, containers })
    await node.phaseBecomes('web-1', 'Running')
    const ip = node.pod('web-1').status?.podIP ?? 'none'
    expect(await waitFor('output', () => node.logs('web-1'))).toBe(
      `hello from ${ip}, $(POD_IP)\nweb-1 500 ${ip}\n`,
    )
    expect(await node.run('web-1', ['hostname', '-i'])).toBe(`${ip}\n`)
    const shown = await lab.docker(
      1,
      'inspect',
      '-f',
      '{{.HostConfig.Memory}} {{.HostConfig.NanoCpus}}',
      'cox_default_web-1_sh_' + shortUid('web-1'),
    )
    expect(shown.trim()).toBe(`${64 * 2 ** 20} 500000000`)
  })

  it('shows how it ended', async () => {
    await node.createShell('done', 'exit 0', { restartPolicy: 'Never' })
    await node.createShell('failed', 'echo bye >&2; exit 7', { restartPolicy: 'Never' })
    await node.phaseBecomes('done', 'Succeeded')
    await node.phaseBecomes('failed', 'Failed')
    expect([node.state('done'), node.state('failed')]).toEqual(['terminated Completed', 'terminated Error'])
    expect(node.pod('failed').status?.containerStatuses?.[0]?.state?.terminated?.exitCode).toBe(7)
  })

  it('shows CrashLoopBackOff, and each run’s log apart', async () => {
    await node.createShell('crash', 'echo run of $(date +%s%N); exit 3')
    await waitFor(
      'two restarts',
      () => (node.pod('crash').status?.containerStatuses?.[0]?.restartCount ?? 0) >= 2,
    )
    await node.stateBecomes('crash', 'waiting CrashLoopBackOff')
    const status = node.pod('crash').status?.containerStatuses?.[0]
    expect(status?.lastState?.terminated).toMatchObject({ exitCode: 3, reason: 'Error' })
    expect((await node.logs('crash')).split('\n').length).toBeLessThanOrEqual(2)
    const previous = await node.logs('crash', { previous: true })
    expect(previous).toMatch(/^run of \d+\n$/)
  })

  it('hands on its last words, from the default path too, and to a user who may write nothing else', async () => {
    const messageOf = (name: string) =>
      node.pod(name).status?.containerStatuses?.[0]?.state?.terminated?.message
    const words = 'echo no such table > /dev/termination-log; exit 1'
    await node.createShell('words', words, {
      restartPolicy: 'Never',
      securityContext: { runAsUser: 1000 },
    })
    await node.createShell('silent', 'exit 1', { restartPolicy: 'Never' })
    await node.phaseBecomes('words', 'Failed')
    await node.phaseBecomes('silent', 'Failed')
    expect(messageOf('words')).toBe('no such table\n')
    expect(messageOf('silent')).toBeUndefined()
  })

  it('says OOMKilled', async () => {
    const resources = { limits: { memory: '16Mi' } }
    const command = ['sh', '-c', 'x=a; while :; do x=$x$x; done']
    const containers = [{ name: 'sh', image: lab.env.base, command, resources }]
    await node.createPod('greedy', { containers, restartPolicy: 'Never', terminationGracePeriodSeconds: 1 })
    await node.phaseBecomes('greedy', 'Failed')
    expect(node.state('greedy')).toBe('terminated OOMKilled')
  })

  it('is started again when a person stops it', async () => {
    await node.createShell('web-1', forever)
    await node.phaseBecomes('web-1', 'Running')
    const [container] = await node.containersOf('web-1')
    await lab.docker(1, 'kill', container?.id ?? '')
    await waitFor('restart', () => node.pod('web-1').status?.containerStatuses?.[0]?.restartCount === 1)
    await node.stateBecomes('web-1', 'running')
    expect(node.pod('web-1').status?.containerStatuses?.[0]?.lastState?.terminated?.exitCode).toBe(137)
    expect((await node.containersOf('web-1'))[0]?.id).toBe(container?.id)
  })
})

describe('a server whose pod network was removed while it had no pods', () => {
  it('gets it again with the next pod', async () => {
    await lab.docker(1, 'network', 'prune', '-f')
    expect(await lab.docker(1, 'network', 'ls', '-q', '-f', 'name=coxswain')).toBe('')
    await node.createShell('web-1', forever)
    await node.stateBecomes('web-1', 'running')
    expect(node.events.filter(event => event.includes('not found'))).toEqual([])
  })
})

function shortUid(name: string): string {
  return node.pod(name).metadata.uid.replace(/-/g, '').slice(0, 8)
}

describe('several containers', () => {
  it('share network and processes, held by a pause container that reaps', async () => {
    const container = (name: string, script: string) => ({
      name,
      image: lab.env.base,
      command: ['sh', '-c', script],
    })
    await node.createPod('shared', {
      terminationGracePeriodSeconds: 1,
      shareProcessNamespace: true,
      // the inner shell dies first, so that its child becomes an orphan, which process 1 must reap
      containers: [container('sh', "sh -c 'sleep 0.2 &'; exec sleep 1000"), container('other', forever)],
    })
    await node.phaseBecomes('shared', 'Running')
    expect(await node.run('shared', ['cat', '/proc/1/cmdline'])).toContain('/pause')
    const ip = node.pod('shared').status?.podIP ?? 'none'
    expect(await node.run('shared', ['hostname', '-i'], 'other')).toBe(`${ip}\n`)
    const states = () =>
      node.run('shared', ['sh', '-c', 'cat /proc/[0-9]*/stat | cut -d" " -f3 | sort | uniq -c'])
    await waitFor('no zombie', async () => !(await states()).includes('Z'))
    expect(await node.run('shared', ['sh', '-c', 'cat /proc/[0-9]*/comm'])).not.toMatch(/sleep\nsleep\nsleep/)
  })

  it('start after init containers, and see what these left in an emptyDir as another user', async () => {
    const volumeMounts = [{ name: 'work', mountPath: '/scratch' }]
    const securityContext = { runAsUser: 1000, runAsGroup: 1000 }
    await node.createPod('init', {
      terminationGracePeriodSeconds: 1,
      volumes: [{ name: 'work', emptyDir: {} }],
      initContainers: [
        {
          name: 'one',
          image: lab.env.base,
          command: ['sh', '-c', 'echo one > /scratch/a'],
          volumeMounts,
          securityContext,
        },
        {
          name: 'two',
          image: lab.env.base,
          command: ['sh', '-c', 'cat /scratch/a > /scratch/b; echo two >> /scratch/b'],
          volumeMounts,
        },
      ],
      containers: [
        {
          name: 'sh',
          image: lab.env.base,
          command: ['sh', '-c', `cat /scratch/b; ${forever}`],
          volumeMounts,
        },
      ],
    })
    await node.phaseBecomes('init', 'Running')
    expect(await waitFor('output', () => node.logs('init'))).toBe('one\ntwo\n')
    const { initContainerStatuses = [] } = node.pod('init').status ?? {}
    expect(initContainerStatuses.map(({ ready, state }) => [ready, state?.terminated?.reason])).toEqual([
      [true, 'Completed'],
      [true, 'Completed'],
    ])
  })

  it('come back with their network after a power cut', async () => {
    const names = ['sh', 'other']
    const containers = names.map(name => ({ name, image: lab.env.base, command: ['sh', '-c', forever] }))
    await node.createPod('shared', { terminationGracePeriodSeconds: 1, containers })
    await node.phaseBecomes('shared', 'Running')
    const before = (await node.containersOf('shared')).map(({ id }) => id).sort()
    await node.kubelet.stop()
    await lab.kill(1)
    await lab.boot(1)
    await waitFor('the engine answers', async () => (await node.containersOf('shared')).length === 3)
    await node.startNewKubelet()
    // Docker may have given up on one whose pause container did not run yet: then the kubelet starts it
    await waitFor('restarts counted', () =>
      node
        .pod('shared')
        .status?.containerStatuses?.every(({ restartCount, ready }) => restartCount === 1 && ready),
    )
    expect((await node.containersOf('shared')).map(({ id }) => id).sort()).toEqual(before)
    expect((await node.run('shared', ['hostname', '-i'], 'other')).trim()).toBe(
      node.pod('shared').status?.podIP,
    )
  })
})

describe('files from the API', () => {
  it('are in their volume, change while it runs, and reach a subPath', async () => {
    const metadata = { name: 'settings', namespace: 'default' }
    await node.registry.create(ConfigMapKind, { metadata, data: { 'a.conf': 'first\n', 'b.conf': 'b\n' } })
    await node.createPod('files', {
      terminationGracePeriodSeconds: 1,
      volumes: [{ name: 'conf', configMap: { name: 'settings', defaultMode: 0o640 } }],
      containers: [
        {
          name: 'sh',
          image: lab.env.base,
          command: ['sh', '-c', forever],
          volumeMounts: [
            { name: 'conf', mountPath: '/conf', readOnly: true },
            { name: 'conf', mountPath: '/etc/deep/b.conf', subPath: 'b.conf' },
          ],
        },
      ],
    })
    await node.phaseBecomes('files', 'Running')
    expect(
      await node.run('files', ['sh', '-c', 'cat /conf/a.conf /etc/deep/b.conf; stat -Lc %a /conf/a.conf']),
    ).toBe('first\nb\n640\n')
    await node.registry.modify(ConfigMapKind, metadata, draft => {
      draft.data = { 'a.conf': 'second\n' }
    })
    await waitFor('the change', async () => (await node.run('files', ['cat', '/conf/a.conf'])) === 'second\n')
    expect((await node.run('files', ['sh', '-c', 'test -e /conf/b.conf && echo still there'])).trim()).toBe(
      '',
    )
    await node.registry.delete(ConfigMapKind, metadata)
  })

  it('keep a pod waiting, with the name of what is missing', async () => {
    await node.createShell('files', forever, {
      volumes: [{ name: 'conf', secret: { secretName: 'nowhere' } }],
    })
    await waitFor('event', () => node.events.find(event => event.startsWith('files Warning FailedMount')))
    expect(node.events.join()).toContain('secret "nowhere" not found')
    await node.stateBecomes('files', 'waiting ContainerCreating')
  })
})

describe('images', () => {
  it('that do not exist say so, then wait', async () => {
    await node.createPod('typo', { containers: [{ name: 'web', image: `${lab.env.web}:no-such-tag` }] })
    await node.stateBecomes('typo', 'waiting ErrImagePull')
    await node.stateBecomes('typo', 'waiting ImagePullBackOff')
  })

  it('behind a password need an imagePullSecret, and are pulled with it', async () => {
    const { privateRegistry, privateUser, privatePassword, privateWeb } = lab.env
    const containers = [{ name: 'web', image: `${privateWeb}:1`, imagePullPolicy: 'Always' as const }]
    await node.createPod('refused', { containers, terminationGracePeriodSeconds: 1 })
    await node.stateBecomes('refused', 'waiting ErrImagePull')
    const auths = { [privateRegistry]: { username: privateUser, password: privatePassword } }
    const metadata = { name: 'pull', namespace: 'default' }
    const type = 'kubernetes.io/dockerconfigjson'
    const data = { '.dockerconfigjson': Buffer.from(JSON.stringify({ auths })).toString('base64') }
    await node.registry.create(SecretKind, { metadata, type, data })
    const imagePullSecrets = [{ name: 'pull' }]
    await node.createPod('allowed', { containers, imagePullSecrets, terminationGracePeriodSeconds: 1 })
    await node.phaseBecomes('allowed', 'Running')
    await node.registry.delete(SecretKind, metadata)
  })

  it('without the command that is asked for say which', async () => {
    await node.createPod('nocmd', {
      containers: [{ name: 'sh', image: lab.env.base, command: ['/no/such'] }],
    })
    await node.stateBecomes('nocmd', 'waiting RunContainerError')
    const message = node.pod('nocmd').status?.containerStatuses?.[0]?.state?.waiting?.message
    expect(message).toContain('/no/such')
    expect(message).not.toContain('OCI runtime')
  })
})

describe('a kubelet that comes back', () => {
  it('adopts 10 pods without a restart, and ends the one that was deleted meanwhile', async () => {
    const names = Array.from({ length: 10 }, (_, index) => `web-${index}`)
    await Promise.all(names.map(name => node.createShell(name, forever)))
    await Promise.all(names.map(name => node.phaseBecomes(name, 'Running')))
    const idsOf = async (some: string[]) =>
      (await Promise.all(some.map(name => node.containersOf(name)))).flat().map(({ id }) => id)
    const before = await idsOf(names)
    await node.kubelet.stop()
    await node.registry.delete(PodKind, { name: 'web-0', namespace: 'default' })
    const revision = node.registry.revision
    await node.startNewKubelet()
    await waitFor('web-0 gone', () => !node.registry.get(PodKind, 'web-0', 'default'))
    expect(await idsOf(names.slice(1))).toEqual(before.slice(1))
    expect(await idsOf(['web-0'])).toEqual([])
    expect(node.registry.revision).toBe(revision + 1)
    const pods = node.registry.list(PodKind)
    const addresses = pods.map(({ status }) => status?.podIP)
    expect(new Set(addresses).size).toBe(9)
  })

  it('removes a duplicate and keeps the running one', async () => {
    await node.createShell('web-1', forever)
    await node.phaseBecomes('web-1', 'Running')
    const [kept] = await node.containersOf('web-1')
    if (!kept) throw new Error('no container')
    await node.kubelet.stop()
    await node.engine.createContainer({
      name: 'somebody-elses-copy',
      image: lab.env.base,
      labels: kept.labels,
      environment: [],
      restartPolicy: 'no',
      network: { mode: 'none' },
    })
    await node.startNewKubelet()
    await waitFor('one left', async () => (await node.containersOf('web-1')).length === 1)
    const [left] = await node.containersOf('web-1')
    expect([left?.id, left?.state, left?.labels[LABEL.container]]).toEqual([kept.id, 'running', 'sh'])
  })
})
