import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { waitFor } from '../lab.ts'
import { createCox, type Cox } from '../support/cox.ts'

const definitions = new URL('../../unit/api/kinds/manifests/definitions.yaml', import.meta.url)
const cronTab = (spec: string) =>
  `---\n{ apiVersion: stable.example.com/v1, kind: CronTab, metadata: { name: nightly }, spec: ${spec} }`

let cox: Cox
beforeAll(async () => {
  cox = await createCox(['--playground', '3'])
}, 60_000)
afterAll(() => cox.dispose())

describe('CustomResourceDefinitions', () => {
  it('are applied and become established', async () => {
    expect(await cox.apply(await readFile(definitions, 'utf8'))).toContain(
      'crontabs.stable.example.com created',
    )
    await cox.kubectl('wait', '--for=condition=Established', 'crd', '--all', '--timeout=30s')
    const crds = await cox.kubectl('get', 'crd', '-o', 'name')
    expect(crds.trim().split('\n')).toHaveLength(4)
    expect(await cox.kubectl('api-resources', '--api-group=stable.example.com')).toContain('crontabs')
  })

  it('make a kind that kubectl creates, shows, changes, scales and explains by its short name', async () => {
    expect(await cox.apply(cronTab('{ image: backup }'))).toContain(
      'crontab.stable.example.com/nightly created',
    )
    expect(await cox.kubectl('get', 'ct')).toMatch(/NAME +SPEC +REPLICAS +AGE\nnightly +5 0 \* \* \* +1 /)
    expect(await cox.apply(cronTab('{ image: backup }'))).toContain('unchanged')
    expect(await cox.apply(cronTab('{ image: restore }'))).toContain('configured')
    await cox.kubectl('scale', 'ct/nightly', '--replicas=4')
    expect(await cox.kubectl('get', 'ct', 'nightly', '-o', 'jsonpath={.spec.replicas} {.spec.image}')).toBe(
      '4 restore',
    )
    await cox.kubectl('patch', 'ct', 'nightly', '--type=merge', '-p', '{"spec":{"replicas":2}}')
    expect(await cox.kubectl('get', 'ct', 'nightly', '-o', 'jsonpath={.spec.replicas}')).toBe('2')
    expect(await cox.kubectl('get', 'all', '-o', 'name')).toContain('crontab.stable.example.com/nightly')
    expect(await cox.kubectl('explain', 'ct.spec.cronSpec')).toMatch(/cronSpec\s+<string>/)
  })

  it('refuse what their schema does not let in', async () => {
    const { code, stderr } = await cox.tryApply(cronTab('{ replicas: 50, cronSpec: never }'))
    expect(code).not.toBe(0)
    expect(stderr).toContain('spec.replicas in body should be less than or equal to 10')
    expect(stderr).toContain('spec.cronSpec in body should match')
  })

  it('survive a crash with their instances', async () => {
    await cox.kill()
    await cox.start()
    expect(await cox.kubectl('get', 'crontabs', '-o', 'name')).toBe('crontab.stable.example.com/nightly\n')
  })

  it('serve several versions of one object', async () => {
    await cox.apply(
      '---\n{ apiVersion: networking.example.net/v1beta1, kind: Gateway, metadata: { name: g }, spec: { a: 1 } }',
    )
    const version = (resource: string) => cox.kubectl('get', resource, 'g', '-o', 'jsonpath={.apiVersion}')
    expect(await version('gateways.v1.networking.example.net')).toBe('networking.example.net/v1')
    expect(await version('gateways.v1beta1.networking.example.net')).toBe('networking.example.net/v1beta1')
  })

  it('go with their instances', async () => {
    await cox.kubectl('delete', 'crd', 'crontabs.stable.example.com', '--timeout=30s')
    await waitFor('the kind is gone', async () => {
      const { code } = await cox.tryKubectl('get', '--raw', '/apis/stable.example.com/v1/crontabs')
      return code !== 0
    })
    await cox.apply(await readFile(definitions, 'utf8'))
    await cox.kubectl('wait', '--for=condition=Established', 'crd', '--all', '--timeout=30s')
    expect(await cox.kubectl('get', 'crontabs.stable.example.com', '-o', 'name')).toBe('')
  })
})

describe('kinds that nothing acts on', () => {
  it('are stored with a warning', async () => {
    const { code, stdout, stderr } = await cox.tryKubectl('create', 'job', 'pi', '--image=perl', '--', 'true')
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'job.batch/pi created\n' })
    expect(stderr).toContain('Warning: spec: is stored, but no pods are made of it yet')
    expect(await cox.kubectl('get', 'jobs')).toMatch(/pi +Running +0\/1/)
  })

  it('are refused in words where they cannot be honoured', async () => {
    const { code, stderr } = await cox.tryApply(
      '---\n{ apiVersion: admissionregistration.k8s.io/v1, kind: ValidatingWebhookConfiguration, metadata: { name: w } }',
    )
    expect(code).not.toBe(0)
    expect(stderr).toContain('Coxswain calls no admission webhooks')
  })

  it('keep to one storage in several versions', async () => {
    await cox.kubectl('create', 'deployment', 'web', '--image=nginx')
    await cox.kubectl('autoscale', 'deployment', 'web', '--max=5', '--cpu-percent=60')
    expect(await cox.kubectl('get', 'hpa', 'web')).toMatch(/web +Deployment\/web +cpu: <unknown>\/60% +1 +5/)
    const v1 = await cox.kubectl(
      'get',
      'horizontalpodautoscalers.v1.autoscaling',
      'web',
      '-o',
      'jsonpath={.spec}',
    )
    expect(JSON.parse(v1)).toMatchObject({ maxReplicas: 5, targetCPUUtilizationPercentage: 60 })
  })

  it('lie beside what every cluster has', async () => {
    expect(await cox.kubectl('get', 'priorityclasses', '-o', 'name')).toContain('system-node-critical')
    expect(await cox.kubectl('get', 'service', 'kubernetes', '-o', 'name')).toBe('service/kubernetes\n')
    await cox.kubectl('create', 'namespace', 'shop')
    await waitFor('the default service account', async () => {
      const { code } = await cox.tryKubectl('get', 'serviceaccount', 'default', '-n', 'shop')
      return code === 0
    })
  })
})
