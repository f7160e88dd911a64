import { describe, expect, it } from 'vitest'
import { ConfigMapKind } from '../../../src-main/api/kinds/config-map.ts'
import { DeploymentKind } from '../../../src-main/api/kinds/deployment.ts'
import { kinds } from '../../../src-main/api/kinds/index.ts'
import { SecretKind } from '../../../src-main/api/kinds/secret.ts'
import { ServiceKind } from '../../../src-main/api/kinds/service.ts'
import { minorVersion, useServedApi } from './served.ts'

const served = useServedApi()
const { ok, fails } = served
const serves = (name: string) => kinds.some(({ kind }) => kind === name)

describe('kubectl create, which sends protobuf when it is new', () => {
  it('makes namespaces, config maps, secrets and service accounts', async () => {
    await ok('create ns shop')
    await ok('create cm settings --from-literal=a=1 --from-literal=b=ü')
    expect(served.api().registry.get(ConfigMapKind, 'settings', 'default')).toMatchObject({
      data: { a: '1', b: 'ü' },
    })
    await ok('create secret generic password --from-literal=password=hunter2')
    expect(served.api().registry.get(SecretKind, 'password', 'default')).toMatchObject({
      type: 'Opaque',
      data: { password: 'aHVudGVyMg==' },
    })
    await ok(
      'create secret docker-registry pull --docker-server=r.example --docker-username=u --docker-password=p',
    )
    await ok('create sa robot -n shop')
    expect(await ok('get sa robot -n shop -o name')).toBe('serviceaccount/robot')
  })

  it('makes deployments', async () => {
    await ok('create deployment web --image=web:1 --replicas=3 --port=80')
    expect(served.api().registry.get(DeploymentKind, 'web', 'default')).toMatchObject({
      metadata: { labels: { app: 'web' } },
      spec: {
        replicas: 3,
        selector: { matchLabels: { app: 'web' } },
        template: {
          spec: { containers: [{ image: 'web:1', ports: [{ containerPort: 80, protocol: 'TCP' }] }] },
        },
      },
    })
    expect(await fails('create deployment web --image=web:1')).toContain('already exists')
  })

  it('makes services', async () => {
    await ok('create service clusterip web --tcp=80:8080')
    expect(served.api().registry.get(ServiceKind, 'web', 'default')).toMatchObject({
      spec: { selector: { app: 'web' }, ports: [{ name: '80-8080', port: 80, targetPort: 8080 }] },
    })
    await ok('expose deployment web --port=80 --name=exposed')
  })

  it.each(
    [
      ['Job', 'create job once --image=busybox -- date'],
      ['CronJob', `create cronjob nightly --image=busybox '--schedule=0 1 * * *' -- date`],
      ['ResourceQuota', 'create quota small --hard=cpu=1,pods=2'],
      ['Role', 'create role reader --verb=get --resource=pods'],
      ['RoleBinding', 'create rolebinding readers --role=reader --user=jane'],
      ['ClusterRole', 'create clusterrole reader --verb=get --resource=pods'],
      ['ClusterRoleBinding', 'create clusterrolebinding readers --clusterrole=reader --user=jane'],
      ['PodDisruptionBudget', 'create pdb web --selector=app=web --min-available=1'],
      ['PriorityClass', 'create priorityclass high --value=1000'],
      ['Ingress', 'create ingress web --rule=web.example/*=web:80'],
      ['HorizontalPodAutoscaler', 'autoscale deployment web --max=5 --cpu-percent=80'],
    ].filter(([kind = '']) => serves(kind)),
  )('makes a %s', async (_kind, command) => {
    await ok(command ?? '')
  })

  it('answers what one may do, and who one is', async () => {
    expect(await ok('auth can-i create deployments')).toBe('yes')
    expect(await ok('auth can-i --list')).toContain('*.*')
    if ((await minorVersion(served)) >= 28) expect(await ok('auth whoami')).toContain('coxswain:admin')
  })

  it('says why no token is given', async () => {
    // kubectl has the command since 1.24.
    if ((await minorVersion(served)) < 24) return
    expect(await fails('create token robot -n shop')).toContain('pods cannot reach this control plane')
  })
})
