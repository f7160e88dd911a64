import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { deployment, startPlayground, type Playground } from './playground.ts'

let playground: Playground
let k: Playground['k']

beforeAll(async () => {
  playground = await startPlayground()
  ;({ k } = playground)
  await k('apply -f -', deployment('web'))
})
afterAll(() => playground?.dispose())

describe('the generators of kubectl create', () => {
  it.each([
    ['namespace made', 'namespace/made created'],
    ['configmap made --from-literal=a=1', 'configmap/made created'],
    ['secret generic made --from-literal=a=1', 'secret/made created'],
    [
      'secret docker-registry pull --docker-server=r --docker-username=u --docker-password=p',
      'secret/pull created',
    ],
    ['serviceaccount made', 'serviceaccount/made created'],
    ['service clusterip made --tcp=80:8080', 'service/made created'],
    ['deployment made --image=web:1', 'deployment.apps/made created'],
    ['job made --image=web:1', 'job.batch/made created'],
    ["cronjob made --image=web:1 '--schedule=* * * * *'", 'cronjob.batch/made created'],
    ['quota made --hard=pods=5', 'resourcequota/made created'],
    ['role made --verb=get --resource=pods', 'role.rbac.authorization.k8s.io/made created'],
    ['rolebinding made --role=made --user=me', 'rolebinding.rbac.authorization.k8s.io/made created'],
    ['clusterrole made --verb=get --resource=nodes', 'clusterrole.rbac.authorization.k8s.io/made created'],
    [
      'clusterrolebinding made --clusterrole=made --user=me',
      'clusterrolebinding.rbac.authorization.k8s.io/made created',
    ],
    [
      'poddisruptionbudget made --selector=app=web --min-available=1',
      'poddisruptionbudget.policy/made created',
    ],
    ['priorityclass made --value=10', 'priorityclass.scheduling.k8s.io/made created'],
    ['ingress made --rule=shop.example/*=web:80', 'ingress.networking.k8s.io/made created'],
  ])('%s', async (command, said) => {
    expect(await k(`create ${command}`)).toBe(said)
    expect(await k(`get ${said.split(' ')[0]} -o name`)).toBe(said.split(' ')[0])
  })
})

describe('kubectl autoscale', () => {
  it('autoscales', async () => {
    expect(await k('autoscale deploy web --min=1 --max=5 --cpu-percent=80')).toBe(
      'horizontalpodautoscaler.autoscaling/web autoscaled',
    )
    expect(await k('get hpa web')).toMatch(/web +Deployment\/web .* 1 +5 /)
    expect(await k('describe hpa web')).toMatch(/Max replicas: +5/)
  })
})
