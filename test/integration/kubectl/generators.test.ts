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
    ['service nodeport door --tcp=80', 'service/door created'],
    ['service loadbalancer wide --tcp=80:http', 'service/wide created'],
    ['service externalname away --external-name=shop.example', 'service/away created'],
    ['deployment talks --image=web:1 --replicas=0 --port=80 -- sh -c true', 'deployment.apps/talks created'],
    [
      'poddisruptionbudget none --selector=app=web --max-unavailable=0',
      'poddisruptionbudget.policy/none created',
    ],
    [
      'priorityclass plain --value=0 --preemption-policy=Never',
      'priorityclass.scheduling.k8s.io/plain created',
    ],
    [
      'ingress tls --class=default --default-backend=web:80 --rule=shop.example/a=web:http,tls=pair --annotation=a=b',
      'ingress.networking.k8s.io/tls created',
    ],
    ['quota scoped --hard=pods=5,cpu=1 --scopes=NotBestEffort', 'resourcequota/scoped created'],
    ['clusterrole gathers --aggregation-rule=a=b', 'clusterrole.rbac.authorization.k8s.io/gathers created'],
    [
      'clusterrole reads --verb=get --non-resource-url=/version',
      'clusterrole.rbac.authorization.k8s.io/reads created',
    ],
  ])('%s', async (command, said) => {
    expect(await k(`create ${command}`)).toBe(said)
    expect(await k(`get ${said.split(' ')[0]} -o name`)).toBe(said.split(' ')[0])
  })

  it('keeps what they said, whichever format it came in', async () => {
    const of = (what: string, path: string) => k(`get ${what} -o jsonpath=${path}`)
    expect(await of('deploy talks', '{.spec.replicas},{.spec.template.spec.containers[0].command[2]}')).toBe(
      '0,true',
    )
    expect(await of('pdb none', '{.spec.maxUnavailable}')).toBe('0')
    expect(await of('priorityclass plain', '{.value},{.preemptionPolicy}')).toBe('0,Never')
    expect(await of('svc wide', '{.spec.type},{.spec.ports[0].targetPort}')).toBe('LoadBalancer,http')
    expect(await of('svc away', '{.spec.type},{.spec.externalName}')).toBe('ExternalName,shop.example')
    expect(
      await of('ingress tls', '{.spec.tls[0].secretName},{.spec.defaultBackend.service.port.number}'),
    ).toBe('pair,80')
    expect(await of('quota scoped', '{.spec.hard.cpu},{.spec.scopes[0]}')).toBe('1,NotBestEffort')
    expect(await of('secret made', '{.data.a}')).toBe('MQ==')
  })

  it('job --from=cronjob', async () => {
    const { clientVersion } = JSON.parse(await k('version --client -o json')) as {
      clientVersion: { minor: string }
    }
    if (Number.parseInt(clientVersion.minor, 10) <= 20) {
      // it knows CronJobs as v1beta1 only, and asks for the version that the server prefers
      const said = await playground.fails('create job again --from=cronjob/made')
      expect(said).toContain('no kind "CronJob" is registered for version "batch/v1"')
      return
    }
    await k('create job again --from=cronjob/made')
    const owner = '{.metadata.ownerReferences[0].kind} {.spec.template.spec.containers[0].image}'
    expect(await k(`get job again -o 'jsonpath=${owner}'`)).toBe('CronJob web:1')
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
