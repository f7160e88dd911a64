import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { waitFor } from '../lab.ts'
import { deployment, startPlayground, type Playground } from './playground.ts'

let playground: Playground
let k: Playground['k']
let fails: Playground['fails']

beforeAll(async () => {
  playground = await startPlayground()
  ;({ k, fails } = playground)
  await k('apply -f -', deployment('web'))
  await k('create configmap settings --from-literal=a=1')
  await k('rollout status deployment/web --timeout=60s')
})
afterAll(() => playground?.dispose())

const podName = async () => (await k('get pods -o name')).split('\n')[0]?.replace('pod/', '') ?? ''

describe('kubectl get', () => {
  it.each([
    ['pods', /^NAME +READY +STATUS +RESTARTS +AGE\nweb-\w+-\w+ +1\/1 +Running +0 +\d+s/],
    [
      'pods -o wide',
      /IP +NODE +NOMINATED NODE +READINESS GATES\nweb-.* 10\.244\.\d+\.\d+ +sim-\d +<none> +<none>/,
    ],
    ['pods --no-headers', /^web-/],
    ['pods --show-labels', /LABELS\n.*app=web,pod-template-hash=/],
    ['pods -L app', /APP\n.* web$/m],
    ['pods -A', /^NAMESPACE +NAME.*\ndefault +web-/],
    ['deployments', /^NAME +READY +UP-TO-DATE +AVAILABLE +AGE\nweb +2\/2 +2 +2 /],
    ['deploy web -o wide', /CONTAINERS +IMAGES +SELECTOR\n.* main +web:1 +app=web$/],
    ['rs', /^NAME +DESIRED +CURRENT +READY +AGE\nweb-\w+ +2 +2 +2 /],
    ['nodes', /^NAME +STATUS +ROLES +AGE +VERSION\nsim-1 +Ready/],
    ['nodes -o wide', /INTERNAL-IP +EXTERNAL-IP +OS-IMAGE +KERNEL-VERSION +CONTAINER-RUNTIME/],
    ['cm settings', /^NAME +DATA +AGE\nsettings +1 /],
    ['events', /LAST SEEN +TYPE +REASON +OBJECT +MESSAGE/],
    ['ns', /^NAME +STATUS +AGE\ncoxswain-system +Active/],
    ['servers', /^NAME.*\nsim-1/],
    [
      'all',
      /^pod\/web-.*$[^]*^replicaset.apps\/web-.*$[^]*^deployment.apps\/web |^deployment.apps\/web [^]*^replicaset.apps\/web-/m,
    ],
    ['deploy,rs', /deployment.apps\/web[^]*replicaset.apps\/web-/],
    ['deploy/web cm/settings', /deployment.apps\/web[^]*configmap\/settings/],
    ['pods -l app=web -o name', /^pod\/web-\S+\npod\/web-\S+$/],
    ["pods -l 'app in (web,shop),!x' -o name", /^pod\/web-/],
    ['pods -l app!=web -o name', /^$/],
    ['pods --field-selector=status.phase=Running -o name', /^pod\/web-/],
    ['pods --field-selector=status.phase!=Running -o name', /^$/],
    ['pods --sort-by=.metadata.name -o name', /^pod\/web-/],
    ['pods --sort-by=.metadata.creationTimestamp', /^NAME[^]*web-/],
    ['pods --chunk-size=1 -o name', /^pod\/web-\S+\npod\/web-\S+$/],
    ["deploy web -o 'jsonpath={.spec.replicas} {.status.readyReplicas}'", /^2 2$/],
    ["deploy -o 'custom-columns=N:.metadata.name,R:.spec.replicas'", /^N +R\nweb +2$/],
    ["deploy web -o 'go-template={{.metadata.name}}'", /^web$/],
    ['deploy web -o yaml', /^apiVersion: apps\/v1\nkind: Deployment/],
    ['deploy -o json', /^\{\s+"apiVersion": "v1",\s+"items"/],
    ['--raw /api/v1/namespaces/default/configmaps/settings', /"kind":"ConfigMap"/],
    ['--raw /readyz', /^ok$/],
    ['deploy.v1.apps web -o name', /^deployment.apps\/web$/],
    ['pods nothing --ignore-not-found', /^$/],
  ])('%s', async (command, expected) => {
    expect(await k(`get ${command}`)).toMatch(expected)
  })

  it.each([
    ['get pod nothing', /^Error from server \(NotFound\): pods "nothing" not found$/],
    ['get widgets', /the server doesn't have a resource type "widgets"/],
    ['get pods --field-selector=spec.priority=1', /field label not supported/],
    ["get pods -l 'a in'", /selector/],
    ['get --raw /apis/nothing/v1', /NotFound|could not find/],
  ])('%s fails in words', async (command, expected) => {
    expect(await fails(command)).toMatch(expected)
  })

  it('watches', async () => {
    const watching = playground.cox.tryKubectl('get', 'cm', '-w', '-o', 'name', '--request-timeout=5s')
    await new Promise(resolve => setTimeout(resolve, 2_000))
    await k('create cm watched')
    expect((await watching).stdout).toMatch(/configmap\/settings\n[^]*configmap\/watched/)
  })
})

describe('kubectl describe', () => {
  it('shows a pod with its events', async () => {
    const text = await k(`describe pod ${await podName()}`)
    expect(text).toMatch(/Status: +Running/)
    expect(text).toMatch(/Controlled By: +ReplicaSet\/web-/)
    expect(text).toMatch(/Image: +web:1/)
    expect(text).toMatch(/Ready +True/)
    expect(text).toMatch(/Scheduled[^]*Successfully assigned default\/web-/)
    expect(text).toMatch(/Started container main/)
  })
  it.each([
    [
      'deployment web',
      /2 desired \| 2 updated \| 2 total \| 2 available \| 0 unavailable[^]*ScalingReplicaSet/,
    ],
    ['rs', /Controlled By: +Deployment\/web[^]*2 Running/],
    ['node sim-1', /Capacity:[^]*Non-terminated Pods:[^]*Allocated resources:/],
    ['ns default', /Status: +Active/],
    ['cm settings', /a:\n----\n1/],
    ['server sim-1', /Kind: +Server/],
    ['pods -l app=web', /Name: +web-/],
  ])('%s', async (command, expected) => {
    expect(await k(`describe ${command}`)).toMatch(expected)
  })
})

describe('kubectl logs', () => {
  it.each([
    ['deployment/web --tail=1', /^.+$/],
    ['-l app=web --prefix', /^\[pod\/web-\S+\/main\] /],
    ['deploy/web --timestamps --tail=1', /^\d{4}-\d\d-\d\dT\S+Z .+/],
    ['deploy/web -c main --since=1h', /started/],
    ['deploy/web --all-containers --limit-bytes=4', /^.{4}$/],
  ])('%s', async (command, expected) => {
    expect(await k(`logs ${command}`)).toMatch(expected)
  })
  it('says what is missing', async () => {
    expect(await fails('logs nothing')).toContain('pods "nothing" not found')
    expect(await fails(`logs ${await podName()} -c other`)).toContain('container other is not valid for pod')
    expect(await fails(`logs ${await podName()} --previous`)).toMatch(/previous terminated container "main"/)
  })
})

describe('what a cluster says about itself', () => {
  it.each([
    ['version', /Server Version/],
    ['cluster-info', /is running at .*https:\/\/127.0.0.1:/],
    ['api-versions', /^apps\/v1$[^]*^metrics.k8s.io\/v1beta1$[^]*^v1$/m],
    ['api-resources', /^deployments +deploy +apps\/v1 +true +Deployment$/m],
    ['api-resources --api-group=apps -o name', /^deployments.apps$/m],
    ['api-resources --namespaced=false -o name', /^nodes$/m],
    ['explain pod.spec.containers.image', /image/],
    ['explain deployment --recursive', /containers/],
    ['explain server.spec', /ssh/],
    ['config view', /token: REDACTED/],
    ['config current-context', /^coxswain$/],
    ['auth can-i create pods', /^yes$/],
    ["auth can-i '*' '*' --all-namespaces", /^yes$/],
    ['auth can-i --list', /\*\.\*/],
  ])('%s', async (command, expected) => {
    expect(await k(command)).toMatch(expected)
  })
})

describe('kubectl get --raw', () => {
  it('reaches pods and services through the API', async () => {
    const root = '/api/v1/namespaces/default'
    expect(await k(`get --raw ${root}/pods/${await podName()}:80/proxy/`)).toContain('main')
    await k('expose deployment web --port=80')
    await waitFor('the endpoints', async () => (await k('get endpoints web -o name')) !== '')
    const answer = () => playground.cox.tryKubectl('get', '--raw', `${root}/services/web:80/proxy/`)
    await waitFor('an answer', async () => (await answer()).stdout.includes('main'))
    expect(await fails('get --raw /api/v1/nodes/sim-1/proxy/metrics')).toContain('no kubelet listens')
  })
})

describe('kubectl top', () => {
  it('shows what pods and nodes use', async () => {
    expect(await k('top nodes')).toMatch(
      /^NAME +CPU\(cores\) +(CPU%|CPU\(%\)) +MEMORY\(bytes\) +(MEMORY%|MEMORY\(%\))[^]*\nsim-1 +\d+m +\d+% +\d+Mi +\d+%/,
    )
    expect(await k('top pods')).toMatch(/^NAME +CPU\(cores\) +MEMORY\(bytes\)[^]*\nweb-\S+ +\d+m +\d+Mi/)
    expect(await k('top pods --containers -l app=web')).toMatch(/web-\S+ +main +\d+m +\d+Mi/)
    expect(await k('top pods -A --sort-by=memory --no-headers')).toMatch(/^default +web-/)
    expect(await k(`top pod ${await podName()}`)).toMatch(/web-/)
    expect(await k('top node sim-2')).toMatch(/sim-2/)
    expect(await fails('top pod nothing')).toContain('not found')
  })
})

it('writes down who did what, in the audit log', async () => {
  await k('create cm audited')
  await waitFor('the audit of the create', async () =>
    (await readFile(`${playground.cox.dataDir}/audit.log`, 'utf8'))
      .split('\n')
      .some(line => line.includes('"name":"audited"') && line.includes('"userAgent":"kubectl')),
  )
})
