import { describe, expect, it } from 'vitest'
import { DeploymentKind } from '../../../src-main/api/kinds/deployment.ts'
import { useServedApi } from './served.ts'

const served = useServedApi()
const { ok, fails, kubectl } = served

const web = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: main, image: "web:1"}]}
`

describe('kubectl explain, from the OpenAPI documents', () => {
  it('tells kinds', async () => {
    const text = await ok('explain deployment')
    expect(text).toMatch(/KIND: +Deployment\nVERSION: +(apps\/v1|v1)/)
    expect(text).toContain('Deployment enables declarative updates for Pods and ReplicaSets')
  })

  it.each([
    [
      'pods.spec.containers.ports.containerPort',
      /FIELD: +containerPort <integer>/,
      /Number of port to expose/,
    ],
    [
      'deploy.spec.strategy.rollingUpdate.maxSurge',
      /FIELD: +maxSurge <(string|IntOrString)>/,
      /above the desired/,
    ],
    [
      'deploy.spec.template.spec.containers.resources.limits',
      /FIELD: +limits <map\[string\](string|Quantity)>/,
      /maximum amount/,
    ],
    ['services.spec.ports', /(RESOURCE|FIELD): +ports <\[\](Object|ServicePort)>/, /appProtocol/],
    ['server.spec.ssh', /(RESOURCE|FIELD): +ssh <(Object|ServerSsh)>/, /identityFile/],
  ])('tells %s', async (path, field, content) => {
    const text = await ok(`explain ${path}`)
    expect(text).toMatch(field)
    expect(text).toMatch(content)
  })

  it('shows all fields at once', async () => {
    const text = await ok('explain pod --recursive')
    expect(text).toMatch(/livenessProbe/)
    expect(text).toMatch(/terminationGracePeriodSeconds\t?\s*<integer>/)
  })

  it('refuses fields that do not exist', async () => {
    expect(await fails('explain deploy.spec.replicass')).toMatch(/field "replicass" does not exist/)
  })
})

describe('what kubectl decides by the OpenAPI documents', () => {
  it('asks the server for dry runs', async () => {
    expect(await ok('apply --dry-run=server -f -', web)).toContain('created (server dry run)')
    expect(served.api().registry.get(DeploymentKind, 'web', 'default')).toBeUndefined()
    await ok('apply -f -', web)
    expect(await ok('apply --dry-run=server -f -', web.replace('web:1', 'web:2'))).toContain('configured')
    expect(await ok('apply --dry-run=server -f -', web)).toMatch(/(unchanged|configured) \(server dry run\)/)
  })

  it('shows differences', async () => {
    await ok('apply -f -', web)
    expect(await kubectl('diff -f -', web)).toMatchObject({ code: 0, stdout: '' })
    const { code, stdout } = await kubectl('diff -f -', web.replace('replicas: 2', 'replicas: 3'))
    expect(code).toBe(1)
    expect(stdout).toContain('-  replicas: 2\n+  replicas: 3')
  })

  it('says which field is unknown or of the wrong type, without changing anything', async () => {
    expect(await fails('create -f -', web.replace('replicas:', 'replicass:'))).toMatch(
      /unknown field.*replicass/,
    )
    expect(await fails('apply -f -', web.replace('replicas: 2', 'replicas: many'))).toMatch(
      /spec\.replicas|invalid type/,
    )
  })

  it('drops the other members of a union', async () => {
    await ok('apply -f -', web)
    const recreate = web.replace('replicas: 2', 'replicas: 2\n  strategy: {type: Recreate}')
    await ok('apply -f -', recreate)
    expect(served.api().registry.get(DeploymentKind, 'web', 'default')?.spec.strategy).toEqual({
      type: 'Recreate',
    })
  })
})
