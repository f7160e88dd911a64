import { beforeEach, describe, expect, it } from 'vitest'
import { DeploymentKind } from '../../../src-main/api/kinds/deployment.ts'
import { minorVersion, useServedApi } from './served.ts'

const served = useServedApi()
const { ok, fails } = served

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
        ports: [{containerPort: 80}]
`
/** Less than a whole Deployment: kubectl 1.20 would not let it through by itself. */
const onlyReplicas = (replicas: number) => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec: {replicas: ${replicas}}
`
const deployment = () => served.api().registry.get(DeploymentKind, 'web', 'default')
const container = () => deployment()?.spec.template.spec?.containers[0]
const managers = () =>
  (deployment()?.metadata.managedFields ?? []).map(({ manager, operation }) => `${manager} ${operation}`)

beforeEach(async () => {
  await ok('delete deploy --all --wait=false')
})

describe('kubectl apply --server-side', () => {
  it('creates, changes nothing when applied again, and removes what left the manifest', async () => {
    expect(await ok('apply --server-side -f -', web)).toBe('deployment.apps/web serverside-applied')
    const before = deployment()?.metadata.resourceVersion
    await ok('apply --server-side -f -', web)
    expect(deployment()?.metadata.resourceVersion).toBe(before)
    await ok('apply --server-side -f -', web.replace('{name: A, value: "1"}, ', ''))
    expect(container()?.env).toEqual([{ name: 'B', value: '2' }])
    expect(managers()).toEqual(['kubectl Apply'])
  })

  it('names whose fields it would change, and takes them by force', async () => {
    await ok('apply --server-side -f -', web)
    const refusal = await fails(
      'apply --server-side --validate=false --field-manager=autoscaling -f -',
      onlyReplicas(5),
    )
    expect(refusal).toContain('Apply failed with 1 conflict: conflict with "kubectl": .spec.replicas')
    expect(deployment()?.spec.replicas).toBe(2)
    await ok(
      'apply --server-side --force-conflicts --validate=false --field-manager=autoscaling -f -',
      onlyReplicas(5),
    )
    expect(deployment()?.spec.replicas).toBe(5)
    expect(await fails('apply --server-side -f -', web)).toContain(
      'conflict with "autoscaling": .spec.replicas',
    )
    // Who leaves the field out of the manifest leaves it to the other.
    await ok('apply --server-side -f -', web.replace('  replicas: 2\n', ''))
    expect(deployment()?.spec.replicas).toBe(5)
  })

  it('meets the fields of those who do not apply', async () => {
    await ok('create -f -', web)
    await ok('scale deploy/web --replicas=4')
    expect(
      await fails('apply --server-side --validate=false --field-manager=me -f -', onlyReplicas(3)),
    ).toMatch(/conflict with "[^"]+" with subresource "scale" using apps\/v1 at .*: \.spec\.replicas/)
    await ok('apply --server-side --validate=false --field-manager=me -f -', onlyReplicas(4))
    expect(managers()).toContain('me Apply')
  })

  it('does not store a dry run', async () => {
    expect(await ok('apply --server-side --dry-run=server -f -', web)).toContain('serverside-applied')
    expect(deployment()).toBeUndefined()
  })

  it('shows the difference that it would make', async () => {
    await ok('apply --server-side -f -', web)
    const { code, stdout } = await served.kubectl('diff --server-side -f -', web.replace('web:1', 'web:2'))
    expect(code).toBe(1)
    expect(stdout).toMatch(/-\s+(- )?image: web:1\n\+\s+(- )?image: web:2/)
  })

  it('follows on client-side apply, and client-side apply on it', async () => {
    await ok('apply -f -', web.replace('web:1', 'web:0'))
    await ok('apply --server-side -f -', web)
    // A kubectl that is new enough has handed its fields over: what leaves the manifest now goes away.
    const handsOver = (await minorVersion(served)) >= 26
    const changed = web.replace('web:1', 'web:2').replace('{name: A, value: "1"}, ', '')
    await ok('apply --server-side -f -', changed)
    expect(container()?.image).toBe('web:2')
    expect(container()?.env?.map(({ name }) => name)).toEqual(handsOver ? ['B'] : ['A', 'B'])
    await ok('apply -f -', web.replace('web:1', 'web:3'))
    expect(container()?.image).toBe('web:3')
  })

  it('refuses what the kind does not have, with the path', async () => {
    expect(await fails('apply --server-side -f -', web.replace('replicas:', 'replicass:'))).toMatch(
      /unknown field.*replicass/,
    )
    expect(deployment()).toBeUndefined()
  })
})

describe('managedFields', () => {
  it('tell who set what, for those who ask', async () => {
    await ok('apply -f -', web)
    await ok('label deploy web tier=front')
    const flags = (await minorVersion(served)) < 21 ? '' : ' --show-managed-fields'
    const text = await ok(`get deploy web -o json${flags}`)
    const { metadata } = JSON.parse(text) as {
      metadata: { managedFields: { manager: string; fieldsV1: object }[] }
    }
    expect(metadata.managedFields.map(({ manager }) => manager)).toEqual(
      expect.arrayContaining(['kubectl-client-side-apply', expect.stringMatching(/^kubectl(-label)?$/)]),
    )
    const label = metadata.managedFields.find(({ manager }) => /^kubectl(-label)?$/.test(manager))
    expect(label?.fieldsV1).toEqual({ 'f:metadata': { 'f:labels': { 'f:tier': {} } } })
  })

  it('leave no trace of an object that was deleted', async () => {
    await ok('apply --server-side -f -', web)
    const first = deployment()?.metadata.managedFields?.map(({ fieldsV1 }) => fieldsV1)
    await ok('delete deploy web')
    await ok(
      'apply --server-side --field-manager=other -f -',
      onlyReplicas(1).replace('spec: {replicas: 1}', web.slice(web.indexOf('spec:'))),
    )
    await ok('delete deploy web')
    await ok('apply --server-side -f -', web)
    expect(deployment()?.metadata.managedFields?.map(({ fieldsV1 }) => fieldsV1)).toEqual(first)
    expect(managers()).toEqual(['kubectl Apply'])
  })
})
