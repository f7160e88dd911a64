import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { carriedBinary, carriers } from '../../../scripts/test/carried-binaries.mjs'
import { waitForReadyNodes } from '../support/cluster.ts'
import { createCox, type Cox } from '../support/cox.ts'

const chart = fileURLToPath(new URL('chart', import.meta.url))
const helms = [
  { name: 'Helm 3', version: 'v3.17', carrier: carriers.helm3 },
  { name: 'Helm 4', version: 'v4.1', carrier: carriers.newest },
]
const TIMEOUT_MS = 120_000

describe.each(helms)('$name', ({ version, carrier }) => {
  let cox: Cox
  let helm: string

  beforeAll(async () => {
    helm = await carriedBinary(carrier, 'helm')
    cox = await createCox(['--playground', '2'])
    await waitForReadyNodes(cox, 2)
  })
  afterAll(() => cox?.dispose())

  function tryHelm(command: string): Promise<{ code: number; said: string }> {
    const env = { ...process.env, KUBECONFIG: cox.kubeconfig, HOME: join(cox.dataDir, 'helm') }
    return new Promise(resolve => {
      execFile(helm, command.split(' '), { env, timeout: TIMEOUT_MS }, (error, stdout, stderr) =>
        resolve({ code: error ? 1 : 0, said: stdout + stderr }),
      )
    })
  }
  async function h(command: string): Promise<string> {
    const { code, said } = await tryHelm(command)
    expect(code, `helm ${command}: ${said}`).toBe(0)
    return said
  }
  const value = (what: string, path: string) =>
    cox.kubectl('get', ...what.split(' '), '-o', `jsonpath={${path}}`)

  it('is the real one', async () => {
    expect(await h('version --short')).toContain(version)
  })

  it('installs a chart with its definitions and hooks, and waits until it is ready', async () => {
    expect(await h(`install web ${chart} --wait --timeout 90s`)).toContain('STATUS: deployed')
    expect(await value('deploy web', '.status.readyReplicas')).toBe('2')
    expect(await value('flag web', '.spec.colour')).toBe('red')
    expect(await h('list')).toMatch(/web\s+default\s+1\s.*deployed\s+shop-1\.0\.0/)
    expect(await cox.kubectl('get', 'secrets', '-l', 'owner=helm,status=deployed', '-o', 'name')).toBe(
      'secret/sh.helm.release.v1.web.v1\n',
    )
    expect(await cox.kubectl('get', 'pods', '-o', 'name')).not.toContain('web-before')
  })

  it('runs its tests', async () => {
    expect(await h('test web --timeout 60s')).toContain('Succeeded')
  })

  it('upgrades: changes, removes, and leaves what others have set', async () => {
    await cox.kubectl('annotate', 'deploy', 'web', 'team=front')
    await h(`upgrade web ${chart} --set colour=blue,replicas=3,extra=false --wait --timeout 90s`)
    expect(await value('cm web-settings', '.data.colour')).toBe('blue')
    expect(await value('flag web', '.spec.colour')).toBe('blue')
    expect(await value('deploy web', '.status.readyReplicas')).toBe('3')
    expect(await value('deploy web', '.metadata.annotations.team')).toBe('front')
    expect(await cox.kubectl('get', 'secret', 'web-extra', '--ignore-not-found')).toBe('')
  })

  it('changes nothing when nothing has changed', async () => {
    const before = await value('deploy web', '.metadata.resourceVersion')
    await h(`upgrade web ${chart} --reuse-values --no-hooks`)
    expect(await value('deploy web', '.metadata.resourceVersion')).toBe(before)
  })

  it('fails where the server refuses, and says why', async () => {
    const { code, said } = await tryHelm(`upgrade web ${chart} --reuse-values --no-hooks --set replicas=-1`)
    expect(code).toBe(1)
    expect(said).toContain('spec.replicas')
    expect(await value('deploy web', '.spec.replicas')).toBe('3')
  })

  it('goes back to an earlier revision', async () => {
    await h('rollback web 1 --wait --timeout 90s')
    expect(await value('cm web-settings', '.data.colour')).toBe('red')
    expect(await value('deploy web', '.status.readyReplicas')).toBe('2')
    expect(await value('secret web-extra', '.type')).toBe('Opaque')
    expect(await h('history web')).toContain('Rollback to 1')
  })

  it('takes back all that it made', async () => {
    expect(await h('uninstall web --wait --timeout 90s')).toContain('uninstalled')
    expect(await cox.kubectl('get', 'deploy,cm,pods,secrets,flags', '-o', 'name')).toBe('')
  })
})
