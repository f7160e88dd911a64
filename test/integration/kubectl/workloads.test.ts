import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { waitFor } from '../lab.ts'
import { deployment, startPlayground, type Playground } from './playground.ts'

let playground: Playground
let k: Playground['k']
let fails: Playground['fails']

beforeAll(async () => {
  playground = await startPlayground()
  ;({ k, fails } = playground)
  await k('apply -f -', deployment('web', { replicas: 3 }))
})
afterAll(() => playground?.dispose())

const value = (what: string, path: string) => k(`get ${what} -o 'jsonpath={${path}}'`)
const rolledOut = () => k('rollout status deployment/web --timeout=60s')

describe('kubectl rollout', () => {
  it('reports, and keeps a history with causes', async () => {
    expect(await rolledOut()).toContain('successfully rolled out')
    await k("annotate deploy web 'kubernetes.io/change-cause=version 2'")
    await k('set image deploy/web main=web:2')
    await rolledOut()
    const history = await k('rollout history deploy/web')
    expect(history).toMatch(/REVISION +CHANGE-CAUSE\n1 +.*\n2 +version 2/)
    expect(await k('rollout history deploy/web --revision=2')).toContain('web:2')
  })

  it('goes back', async () => {
    await k('rollout undo deploy/web')
    await rolledOut()
    expect(await value('deploy web', '.spec.template.spec.containers[0].image')).toBe('web:1')
    expect(await fails('rollout undo deploy/web --to-revision=9')).toContain(
      'unable to find specified revision',
    )
  })

  it('pauses, resumes and restarts', async () => {
    expect(await k('rollout pause deploy/web')).toContain('paused')
    await k('set image deploy/web main=web:4')
    expect(await fails('rollout undo deploy/web')).toMatch(/paused/)
    expect(await k('rollout resume deploy/web')).toContain('resumed')
    await rolledOut()
    const before = await k('get pods -l app=web -o name')
    expect(await k('rollout restart deploy/web')).toContain('restarted')
    await rolledOut()
    await waitFor('new pods', async () => {
      const names = (await k('get pods -l app=web -o name')).split('\n')
      return names.length === 3 && names.every(name => !before.includes(name))
    })
  })
})

describe('kubectl scale', () => {
  it('scales, with a precondition, and several at once', async () => {
    expect(await k('scale deploy/web --replicas=4')).toBe('deployment.apps/web scaled')
    expect(await k('scale deploy/web --current-replicas=4 --replicas=2')).toBe('deployment.apps/web scaled')
    expect(await fails('scale deploy/web --current-replicas=9 --replicas=1')).toMatch(/expected|current/i)
    await rolledOut()
    expect(await k('get deploy web')).toMatch(/web +2\/2/)
    expect(await fails('scale deploy/web --replicas=-1')).toMatch(/replicas/)
  })
})

describe('kubectl run and expose', () => {
  it('runs a pod and exposes it', async () => {
    expect(await k('run lonely --image=web:1 --port=80 --labels=run=lonely --env=A=1')).toBe(
      'pod/lonely created',
    )
    await k('wait --for=condition=Ready pod/lonely --timeout=60s')
    expect(await k('expose pod lonely --port=80')).toBe('service/lonely exposed')
    expect(await k('get svc lonely')).toMatch(/lonely +ClusterIP .* 80\/TCP/)
    expect(await k('describe svc lonely')).toMatch(/Selector: +run=lonely/)
    expect(await k('expose deploy web --port=80 --target-port=80 --name=front')).toBe('service/front exposed')
  })
})

describe('servers', () => {
  it('are cordoned, tainted and labelled', async () => {
    expect(await k('cordon sim-1')).toBe('node/sim-1 cordoned')
    expect(await k('get node sim-1')).toContain('Ready,SchedulingDisabled')
    expect(await k('uncordon sim-1')).toBe('node/sim-1 uncordoned')
    expect(await k('taint nodes sim-1 a=b:NoSchedule')).toBe('node/sim-1 tainted')
    expect(await k('describe node sim-1')).toMatch(/Taints: +a=b:NoSchedule/)
    expect(await k('taint nodes sim-1 a-')).toBe('node/sim-1 untainted')
    expect(await k('label node sim-1 disk=ssd')).toContain('labeled')
    expect(await k('get nodes -l disk=ssd -o name')).toBe('node/sim-1')
  })

  it('are drained, and get pods again afterwards', async () => {
    await k('delete pod lonely --ignore-not-found')
    await k('scale deploy/web --replicas=6')
    await rolledOut()
    const onFirst = () => k('get pods --field-selector=spec.nodeName=sim-1 -o name')
    expect(await onFirst()).not.toBe('')
    expect(await k('drain sim-1 --ignore-daemonsets --timeout=60s')).toContain('node/sim-1')
    expect(await onFirst()).toBe('')
    await rolledOut()
    await k('uncordon sim-1')
    await k('rollout restart deploy/web')
    await rolledOut()
    expect(await onFirst()).not.toBe('')
  })

  it('are not drained of what nothing would replace', async () => {
    await k('run single --image=web:1')
    await k('wait --for=condition=Ready pod/single --timeout=60s')
    const node = await value('pod single', '.spec.nodeName')
    expect(await fails(`drain ${node} --ignore-daemonsets --timeout=20s`)).toMatch(
      /declare no controller|not managed/,
    )
    expect(await k(`drain ${node} --ignore-daemonsets --force --timeout=60s`)).toContain('single')
    await k(`uncordon ${node}`)
  })
})
