import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { deployment, startPlayground, type Playground } from './playground.ts'

let playground: Playground
let k: Playground['k']
let fails: Playground['fails']

beforeAll(async () => {
  playground = await startPlayground()
  ;({ k, fails } = playground)
})
afterAll(() => playground?.dispose())
beforeEach(() => k('apply -f -', web))
afterEach(() => k('delete deploy,cm,secret,svc --all --wait=false'))

const web = deployment('web')
const settings =
  'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, labels: {set: a}}\ndata: {a: "1"}\n'
const value = (what: string, path: string) => k(`get ${what} -o 'jsonpath={${path}}'`)

describe('kubectl apply', () => {
  it('creates, changes, leaves alone, and removes what left the manifest', async () => {
    expect(await k('apply -f -', settings)).toBe('configmap/settings created')
    expect(await k('apply -f -', settings)).toBe('configmap/settings unchanged')
    expect(await k('apply -f -', settings.replace('{a: "1"}', '{b: "2"}'))).toBe(
      'configmap/settings configured',
    )
    expect(JSON.parse(await value('cm settings', '.data'))).toEqual({ b: '2' })
  })

  it('keeps a field of others, and a deployment that did not change', async () => {
    await k('scale deploy web --replicas=3')
    await k('annotate deploy web note=mine')
    expect(await k('apply -f -', web.replace('replicas: 2', ''))).toBe('deployment.apps/web configured')
    expect(await value('deploy web', '.metadata.annotations.note')).toBe('mine')
    expect(await k('apply -f -', web.replace('replicas: 2', ''))).toBe('deployment.apps/web unchanged')
  })

  it('applies several documents, and says all that is wrong', async () => {
    expect(await k('apply -f -', `${settings}---\n${deployment('other')}`)).toBe(
      'configmap/settings created\ndeployment.apps/other created',
    )
    const wrong = web.replace('replicas: 2', 'replicas: -1').replace('name: main', 'name: MAIN')
    const message = await fails('apply -f -', wrong)
    expect(message).toContain('spec.replicas')
    expect(message).toContain('spec.template.spec.containers[0].name')
  })

  it('refuses a field that does not exist', async () => {
    expect(await fails('apply -f -', web.replace('replicas:', 'replicass:'))).toMatch(
      /unknown field .*replicass/,
    )
  })

  it('shows last-applied, and sets it', async () => {
    await k('create -f -', settings)
    await k('apply set-last-applied --create-annotation -f -', settings)
    expect(await k('apply view-last-applied cm settings')).toContain('a: "1"')
  })

  it('prunes', async () => {
    const second = settings.replace('name: settings', 'name: second')
    await k('apply -l set=a -f -', `${settings}---\n${second}`)
    const prune = (flag: string) => k(`apply --prune -l set=a --${flag}=core/v1/ConfigMap -f -`, settings)
    // 1.27 renamed the flag
    const said = await prune('prune-allowlist').catch(() => prune('prune-whitelist'))
    expect(said).toContain('configmap/second pruned')
    expect(await k('get cm -l set=a -o name')).toBe('configmap/settings')
  })
})

describe('dry run and diff', () => {
  it('stores nothing', async () => {
    expect(await k('apply --dry-run=server -f -', settings)).toBe(
      'configmap/settings created (server dry run)',
    )
    expect(await k('create --dry-run=server -f -', settings)).toBe(
      'configmap/settings created (server dry run)',
    )
    expect(await k('apply --dry-run=client -f -', settings)).toBe('configmap/settings created (dry run)')
    await fails('get cm settings')
    expect(await k('delete deploy web --dry-run=server')).toContain('(server dry run)')
    expect(await k('scale deploy web --replicas=7 --dry-run=server')).toContain('web')
    expect(await value('deploy web', '.spec.replicas')).toBe('2')
  })

  it('shows the difference with exit code 1, and nothing with 0', async () => {
    expect(await k('diff -f -', web)).toBe('')
    const changed = web.replace('replicas: 2', 'replicas: 4')
    const { code, stdout } = await playground.cox.tryKubectlWith(changed, 'diff', '-f', '-')
    expect(code).toBe(1)
    expect(stdout).toMatch(/-\s+replicas: 2\n\+\s+replicas: 4/)
  })
})

describe('kubectl create, replace, edit', () => {
  it('creates from manifests, once, also with a generated name', async () => {
    expect(await k('create -f -', settings)).toBe('configmap/settings created')
    expect(await fails('create -f -', settings)).toContain('(AlreadyExists)')
    const generated = settings.replace('name: settings', 'generateName: settings-')
    expect(await k('create -f -', generated)).toMatch(/^configmap\/settings-[a-z0-9]{5} created$/)
  })

  it('replaces, and replaces by force', async () => {
    await k('create -f -', settings)
    expect(await k('replace -f -', settings.replace('"1"', '"2"'))).toBe('configmap/settings replaced')
    expect(await value('cm settings', '.data.a')).toBe('2')
    const uid = await value('cm settings', '.metadata.uid')
    expect(await k('replace --force -f -', settings)).toContain('configmap/settings replaced')
    expect(await value('cm settings', '.metadata.uid')).not.toBe(uid)
    expect(await fails('replace -f -', settings.replace('settings', 'nothing'))).toContain('(NotFound)')
  })

  it('edits', async () => {
    const editor = join(playground.cox.dataDir, 'editor')
    await writeFile(editor, '#!/bin/sh\nsed -i "s/replicas: 2/replicas: 4/" "$1"\n')
    await chmod(editor, 0o700)
    process.env.KUBE_EDITOR = editor
    expect(await k('edit deploy web')).toBe('deployment.apps/web edited')
    expect(await value('deploy web', '.spec.replicas')).toBe('4')
    delete process.env.KUBE_EDITOR
  })
})

describe('label, annotate, patch, set', () => {
  it('labels and annotates, refuses to overwrite, and removes', async () => {
    expect(await k('label deploy web tier=front')).toBe('deployment.apps/web labeled')
    expect(await fails('label deploy web tier=back')).toContain('already has a value (front)')
    await k('label deploy web tier=back --overwrite')
    expect(await k('get deploy -l tier=back -o name')).toBe('deployment.apps/web')
    await k('label deploy web tier-')
    expect(await k('get deploy -l tier -o name')).toBe('')
    await k('annotate deploy --all note=x')
    expect(await value('deploy web', '.metadata.annotations.note')).toBe('x')
    expect(await fails("label deploy web 'tier=not valid'")).toContain('invalid label value')
  })

  it('patches in three formats', async () => {
    await k(
      `patch deploy web -p '{"spec":{"template":{"spec":{"containers":[{"name":"main","image":"web:2"}]}}}}'`,
    )
    expect(await value('deploy web', '.spec.template.spec.containers[*].ports[0].containerPort')).toBe('80')
    await k(`patch deploy web --type=merge -p '{"spec":{"replicas":3}}'`)
    await k(`patch deploy web --type=json -p '[{"op":"replace","path":"/spec/paused","value":true}]'`).catch(
      () => k(`patch deploy web --type=json -p '[{"op":"add","path":"/spec/paused","value":true}]'`),
    )
    expect(
      await value('deploy web', '.spec.replicas} {.spec.paused} {.spec.template.spec.containers[0].image'),
    ).toBe('3 true web:2')
    expect(await fails(`patch deploy web -p '{"spec":{"replicas":"x"}}'`)).toMatch(/replicas/)
  })

  it('sets image, env, resources, service account and selector', async () => {
    await k('set image deploy/web main=web:3')
    await k('set env deploy/web MODE=fast')
    await k('set resources deploy web --limits=cpu=200m,memory=64Mi --requests=cpu=100m')
    await k('set serviceaccount deploy web runner')
    const container = JSON.parse(await value('deploy web', '.spec.template.spec.containers[0]'))
    expect(container).toMatchObject({
      image: 'web:3',
      env: [{ name: 'MODE', value: 'fast' }],
      resources: { limits: { cpu: '200m', memory: '64Mi' }, requests: { cpu: '100m' } },
    })
    expect(await value('deploy web', '.spec.template.spec.serviceAccountName')).toBe('runner')
    expect(await k('set env deploy/web --list')).toContain('MODE=fast')
    await k('create service clusterip web --tcp=80')
    await k('set selector service web app=other')
    expect(JSON.parse(await value('svc web', '.spec.selector'))).toEqual({ app: 'other' })
  })
})

describe('kubectl delete and wait', () => {
  it('waits until the object and what it owns are gone', async () => {
    await k('rollout status deploy/web --timeout=60s')
    expect(await k('delete deploy web --cascade=foreground').catch(() => k('delete deploy web'))).toContain(
      'deleted',
    )
    // the last pod may be gone before kubectl looks, and 1.20 finds fault with that
    const waited = await playground.cox.tryKubectl(
      'wait',
      '--for=delete',
      'pods',
      '-lapp=web',
      '--timeout=60s',
    )
    if (waited.code !== 0) expect(waited.stderr).toContain('no matching resources found')
    expect(await k('get pods,rs -l app=web -o name')).toBe('')
  })

  it('leaves orphans', async () => {
    await k('rollout status deploy/web --timeout=60s')
    await k('delete deploy web --cascade=orphan').catch(() => k('delete deploy web --cascade=false'))
    expect(await k('get rs -l app=web -o name')).toContain('replicaset.apps/web-')
    await k('delete rs -l app=web')
  })

  it('deletes by manifest, by label and at once', async () => {
    await k('apply -f -', settings)
    // 1.34 and newer say where it was
    expect(await k('delete -f -', settings)).toMatch(
      /^configmap "settings" deleted( from default namespace)?$/,
    )
    expect(await k('delete --ignore-not-found -f -', settings)).toBe('')
    await k('run lonely --image=web:1 --labels=x=y')
    await k('wait --for=condition=Ready pod/lonely --timeout=60s')
    expect(await k('delete pod -l x=y --grace-period=0 --force')).toContain('"lonely" force deleted')
    await fails('get pod lonely')
  })

  it('waits for conditions, and says when they do not come', async () => {
    expect(await k('wait --for=condition=Available deploy/web --timeout=60s')).toBe(
      'deployment.apps/web condition met',
    )
    expect(await fails('wait --for=condition=Never deploy/web --timeout=1s')).toContain('timed out waiting')
  })
})
