import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { DeploymentKind } from '../../../src-main/api/kinds/deployment.ts'
import { NodeKind } from '../../../src-main/api/kinds/node.ts'
import { PodKind } from '../../../src-main/api/kinds/pod.ts'
import { serveApi, type ServedApi } from '../../unit/api/http/served-api.ts'
import { findKubectls } from '../../../scripts/test/kubectl.mjs'
import { type Kubectl, kubectlLines, kubectlOn } from './kubectls.ts'

const kubectls = await findKubectls()

const web = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: main
        image: web:1
        env: [{name: A, value: "1"}, {name: B, value: "2"}]
      - name: side
        image: side:1
`
const settings = `
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {nginx.conf: "listen 80;"}
`
const secret = `
apiVersion: v1
kind: Secret
metadata: {name: password}
stringData: {password: hunter2}
`
const server = `
apiVersion: coxswain.io/v1alpha1
kind: Server
metadata: {name: web-1}
spec: {ssh: {host: 203.0.113.7, user: deploy, agent: true}}
`

describe.each(kubectls)('%s', path => {
  let api: ServedApi
  let kubectl: Kubectl

  /** Succeeds, and gives what it printed. */
  const ok = async (command: string, input?: string): Promise<string> => {
    const { code, stdout, stderr } = await kubectl(command, input)
    expect(code, `kubectl ${command}: ${stderr}`).toBe(0)
    return stdout.trim()
  }
  /** Fails, and gives what it said. */
  const fails = async (command: string, input?: string): Promise<string> => {
    const { code, stderr } = await kubectl(command, input)
    expect(code, `kubectl ${command}`).not.toBe(0)
    return stderr.trim()
  }
  const deployment = () => api.registry.get(DeploymentKind, 'web', 'default')

  beforeAll(async () => {
    api = await serveApi({
      streams: { logs: async (pod, { container }) => Readable.from([`${pod.metadata.name} ${container}\n`]) },
    })
    kubectl = kubectlOn(path, api)
  })
  afterAll(() => api.stop())

  beforeEach(async () => {
    await ok('delete deploy,cm,secret,pods --all --wait=false')
    await ok('apply -f -', web)
  })

  it('applies: created, unchanged, configured, and removes what left the manifest', async () => {
    expect(await ok('apply -f -', settings)).toBe('configmap/settings created')
    expect(await ok('apply -f -', settings)).toBe('configmap/settings unchanged')
    expect(await ok('apply -f -', web)).toBe('deployment.apps/web unchanged')
    const changed = web.replace('{name: A, value: "1"}, ', '').replace(/ {6}- name: side\n.*\n/, '')
    expect(await ok('apply -f -', changed)).toBe('deployment.apps/web configured')
    expect(deployment()?.spec.template.spec?.containers).toMatchObject([
      { name: 'main', env: [{ name: 'B', value: '2' }] },
    ])
    expect(deployment()?.spec.template.spec?.containers).toHaveLength(1)
    expect(deployment()?.metadata.generation).toBe(2)
  })

  it('creates, replaces, deletes from a manifest', async () => {
    expect(await ok('create -f -', secret)).toBe('secret/password created')
    expect(await fails('create -f -', secret)).toContain('AlreadyExists')
    expect(await ok('get secret password -o jsonpath={.data.password}')).toBe('aHVudGVyMg==')
    expect(await ok('replace -f -', secret)).toBe('secret/password replaced')
    expect(await ok('delete -f -', secret)).toContain('secret "password" deleted')
    expect(await fails('get secret password')).toBe(
      'Error from server (NotFound): secrets "password" not found',
    )
  })

  it('says every error of a manifest at once', async () => {
    const wrong = web.replace('replicas: 2', 'replicas: -2').replace('image: side:1', 'image: ""')
    const message = await fails('apply -f -', wrong)
    expect(message).toContain('spec.replicas: Invalid value: -2: must be greater than or equal to 0')
    expect(message).toContain('spec.template.spec.containers[1].image: Required value')
  })

  it('shows the columns that the server computes', async () => {
    expect(await ok('get deploy')).toMatch(/^NAME +READY +UP-TO-DATE +AVAILABLE +AGE\nweb +0\/2 /)
    expect(await ok('get deploy -o wide')).toMatch(
      /CONTAINERS +IMAGES +SELECTOR\n.*main,side +web:1,side:1 +app=web$/,
    )
    expect(await ok('get all -A')).toContain('deployment.apps/web')
    expect(await ok('get ns')).toMatch(/^NAME +STATUS +AGE\n/)
    expect(await ok('get deploy -l app=web -o name')).toBe('deployment.apps/web')
    expect(await ok('get deploy -l app!=web -o name')).toBe('')
    expect(await ok('get deploy --field-selector metadata.name=web -o name')).toBe('deployment.apps/web')
    expect(await ok('get deploy --sort-by .metadata.name -o name')).toBe('deployment.apps/web')
  })

  it('describes', async () => {
    const text = await ok('describe deploy web')
    expect(text).toMatch(/Name: +web\n/)
    expect(text).toMatch(/RollingUpdateStrategy: +25% max unavailable, 25% max surge/)
    await api.registry.create(NodeKind, { metadata: { name: 'n1' }, spec: {} }).catch(() => undefined)
    expect(await ok('describe node n1')).toMatch(/Name: +n1\n/)
    expect(await ok('describe ns default')).toMatch(/Status: +Active/)
  })

  it('edits', async () => {
    const editor = join(api.folder, 'editor')
    await writeFile(editor, '#!/bin/sh\nsed -i "s/replicas: 2/replicas: 6/" "$1"\n', { mode: 0o700 })
    const { code, stderr } = await kubectlOn(path, api, { KUBE_EDITOR: editor })('edit deploy web')
    expect(code, stderr).toBe(0)
    expect(deployment()?.spec.replicas).toBe(6)
  })

  it('scales', async () => {
    await ok('scale deploy/web --replicas=5')
    expect(deployment()?.spec.replicas).toBe(5)
    await ok('scale deploy/web --replicas=3 --current-replicas=5')
    expect(deployment()?.spec.replicas).toBe(3)
    expect(await fails('scale deploy/web --replicas=1 --current-replicas=5')).toContain(
      'Expected replicas to be 5, was 3',
    )
  })

  it('patches, labels, annotates, sets images', async () => {
    await ok(
      `patch deploy web -p '{"spec":{"template":{"spec":{"containers":[{"name":"side","image":"side:2"}]}}}}'`,
    )
    await ok(`patch deploy web --type=json -p '[{"op":"replace","path":"/spec/replicas","value":7}]'`)
    await ok(`patch deploy web --type=merge -p '{"spec":{"minReadySeconds":4}}'`)
    await ok('label deploy web tier=front app-')
    await ok('annotate deploy web note=here')
    await ok('set image deploy/web main=web:2')
    const { metadata, spec } = deployment() ?? {}
    expect(metadata).toMatchObject({ labels: { tier: 'front' }, annotations: { note: 'here' } })
    expect(metadata?.labels).not.toHaveProperty('app')
    expect(spec).toMatchObject({ replicas: 7, minReadySeconds: 4 })
    expect(spec?.template.spec?.containers.map(container => container.image)).toEqual(['web:2', 'side:2'])
    expect(await fails('label deploy web tier=back')).toContain('already has a value')
  })

  it('rolls out: restart, pause, resume, status, history', async () => {
    await ok('rollout restart deploy/web')
    expect(deployment()?.spec.template.metadata?.annotations).toHaveProperty([
      'kubectl.kubernetes.io/restartedAt',
    ])
    await ok('rollout pause deploy/web')
    expect(deployment()?.spec.paused).toBe(true)
    await ok('rollout resume deploy/web')
    expect(deployment()?.spec.paused ?? false).toBe(false)
    const waiting = ok('rollout status deploy/web --timeout=20s')
    await api.registry.modifyStatus(DeploymentKind, { name: 'web', namespace: 'default' }, draft => {
      const all = { replicas: 2, updatedReplicas: 2, readyReplicas: 2, availableReplicas: 2 }
      draft.status = { ...all, observedGeneration: draft.metadata.generation ?? 0 }
    })
    expect(await waiting).toContain('deployment "web" successfully rolled out')
    expect(await ok('rollout history deploy/web')).toContain('No rollout history found')
  })

  it('watches', async () => {
    await ok('apply -f -', settings)
    const steps = ['label cm settings a=b', 'delete cm settings', undefined]
    const seen: string[] = []
    for await (const line of kubectlLines(path, api, 'get cm -w --output-watch-events')) {
      if (!line.includes('settings')) continue
      seen.push(line.split(/\s+/).slice(0, 2).join(' '))
      const step = steps.shift()
      if (!step) break
      await ok(step)
    }
    expect(seen).toEqual(['ADDED settings', 'MODIFIED settings', 'DELETED settings'])
  })

  it('waits', async () => {
    const waiting = ok('wait --for=condition=Available --timeout=20s deploy/web')
    await api.registry.modifyStatus(DeploymentKind, { name: 'web', namespace: 'default' }, draft => {
      draft.status = { conditions: [{ type: 'Available', status: 'True' }], observedGeneration: 1 }
    })
    expect(await waiting).toBe('deployment.apps/web condition met')
  })

  it('reads logs of a pod', async () => {
    await ok('run one --image=web:1')
    expect(await ok('logs one')).toBe('')
    const key = { name: 'one', namespace: 'default' }
    await api.registry.modify(PodKind, key, draft => void (draft.spec.nodeName = 'n1'))
    expect(await fails('logs one')).toContain('(BadRequest)')
    await api.registry.modifyStatus(PodKind, key, draft => {
      const started = { name: 'one', image: 'web:1', imageID: '', ready: true, restartCount: 0 }
      draft.status = { ...draft.status, containerStatuses: [{ ...started, state: { running: {} } }] }
    })
    expect(await ok('logs one')).toBe('one one')
    expect(await ok('logs -f one --tail=5 --timestamps')).toBe('one one')
    await ok('delete pod one --grace-period=0 --force')
  })

  it('deletes and waits until it is gone', async () => {
    const key = { name: 'web', namespace: 'default' }
    await api.registry.modify(
      DeploymentKind,
      key,
      draft => void (draft.metadata.finalizers = ['example.com/hold']),
    )
    const letGo = new Promise<unknown>(resolve => {
      const stop = api.registry.watch(DeploymentKind, ({ object }) => {
        if (!object.metadata.deletionTimestamp) return
        stop()
        resolve(api.registry.modify(DeploymentKind, key, draft => void delete draft.metadata.finalizers))
      })
    })
    // since 1.35 it says from where
    expect(await ok('delete deploy web')).toMatch(
      /^deployment\.apps "web" deleted( from default namespace)?$/,
    )
    await letGo
    expect(deployment()).toBeUndefined()
    await ok('apply -f -', 'apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n')
    await ok('delete ns shop --wait=false')
    expect(await ok('get ns shop')).toContain('Terminating')
  })

  it('dry-runs and diffs on the server', async () => {
    const changed = web.replace('replicas: 2', 'replicas: 9')
    expect(await ok('apply --dry-run=server -f -', changed)).toBe(
      'deployment.apps/web configured (server dry run)',
    )
    const { code, stdout } = await kubectl('diff -f -', changed)
    expect(code).toBe(1)
    expect(stdout).toContain('+  replicas: 9')
    expect(deployment()?.spec.replicas).toBe(2)
  })

  it('cordons a node and knows our own kinds', async () => {
    await api.registry.create(NodeKind, { metadata: { name: 'n1' }, spec: {} }).catch(() => undefined)
    await ok('cordon n1')
    expect(api.registry.get(NodeKind, 'n1')?.spec.unschedulable).toBe(true)
    await ok('uncordon n1')
    expect(api.registry.get(NodeKind, 'n1')?.spec.unschedulable ?? false).toBe(false)
    expect(await ok('apply -f -', server)).toBe('server.coxswain.io/web-1 created')
    expect(await ok('apply -f -', server)).toBe('server.coxswain.io/web-1 unchanged')
    expect(await ok('get servers -o name')).toBe('server.coxswain.io/web-1')
    await ok('delete server web-1')
  })

  it('cannot do anything without the token', async () => {
    expect(await fails('get pods --token=wrong')).toMatch(/Unauthorized|logged in/)
  })
})

describe('a kubectl that leaves validation to the server', () => {
  it('gets every unknown and every repeated field named', async () => {
    const api = await serveApi()
    try {
      const kubectl = kubectlOn('kubectl', api)
      const wrong = web.replace('replicas: 2', 'replicass: 2').replace('image: side:1', 'imagee: side:1')
      const { code, stderr } = await kubectl('apply -f -', wrong)
      expect(code).toBe(1)
      expect(stderr).toContain(
        'strict decoding error: unknown field "spec.replicass", unknown field "spec.template.spec.containers[1].imagee"',
      )
    } finally {
      await api.stop()
    }
  })
})
