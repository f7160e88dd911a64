import { describe, expect, it } from 'vitest'
import type { NetworkPolicy, Pod } from '../../../src-main/api/types.ts'
import { planPolicies, policyPods } from '../../../src-main/network/plan/policies.ts'
import { policyRules } from '../../../src-main/network/plan/policy-rules.ts'
import { serverA, servers } from './objects.ts'
import { filters, namespaces, parse, passes, pod, pods, policy } from './support/policy-stage.ts'
import { PacketFilter } from './support/packet-filter.ts'

describe('the rules of policies', () => {
  const deny = policy('shop/deny', { policyTypes: ['Ingress', 'Egress'] })
  const rulesOf = (objects: { policies: NetworkPolicy[]; pods: Pod[] }) =>
    policyRules(
      planPolicies({ policies: objects.policies, namespaces, pods: policyPods(objects.pods, new Map()) }),
      { own: serverA, servers, published: [] },
    ).join('\n')

  it('let all through without a policy, and for pods that none is about', () => {
    expect(rulesOf({ policies: [], pods })).not.toMatch(/drop|vmap/)
    expect(rulesOf({ policies: [policy('bank/deny', {})], pods })).not.toMatch(/drop|vmap/)
  })

  it('are not about pods on the host’s network, nor about pods that have ended', () => {
    const host = pod('shop/host', '192.0.2.1', {})
    host.spec.hostNetwork = true
    const done = pod('shop/done', '10.244.0.9', {})
    done.status = { ...done.status, phase: 'Succeeded' }
    const text = rulesOf({ policies: [deny], pods: [host, done] })
    expect(text).not.toMatch(/192\.0\.2\.1|10\.244\.0\.9/)
  })

  it('know a pod by the address that it is about to have', () => {
    const coming = pod('shop/new', '', {})
    const [known] = policyPods([coming], new Map([['shop/new', '10.244.0.44']]))
    expect(known).toMatchObject({ id: 'shop/new', ip: '10.244.0.44' })
    expect(policyPods([coming], new Map())).toEqual([])
  })

  it('let a pod reach itself through a Service', () => {
    const filter = new PacketFilter(
      `  set hairpin {\n    elements = { 10.244.0.2 . 10.244.0.2 }\n  }\n${rulesOf({ policies: [deny], pods })}`,
    )
    const packet = { ...parse('shop/web > shop/web') }
    expect(filter.verdict('policies', packet)).toBe('return')
    expect(filter.verdict('policies', { ...packet, to: '10.244.0.3' })).toBe('drop')
  })

  it('let the ingress of every server reach the ports that it leads to', () => {
    const through = filters({ policies: [deny], namespaces, pods }, [{ ip: '10.244.0.2', port: 8080 }])
    expect(passes(through, parse('gateway-b > shop/web tcp 8080'))).toBe(true)
    const others = [
      'gateway-b > shop/web tcp 8081',
      'gateway-b > shop/db tcp 8080',
      'shop/api > shop/web tcp 8080',
      'outside > shop/web tcp 8080',
    ]
    for (const text of others) expect([text, passes(through, parse(text))]).toEqual([text, false])
  })

  it('are shared by pods with the same policies', () => {
    const many = Array.from({ length: 200 }, (_, n) =>
      pod(`shop/web-${n}`, `10.244.0.${n + 2}`, { app: 'web' }),
    )
    const text = rulesOf({ policies: [deny], pods: many })
    expect(text.match(/chain (in|e)gress-/g)).toHaveLength(2)
    expect(text.match(/10\.244\.0\.\d+ : jump ingress-/g)).toHaveLength(200)
  })

  it('have one set for all ports that a rule names, and not each for each peer', () => {
    const ports = ['http', 'dns', 'nobody-has'].flatMap(port => [
      { protocol: 'TCP' as const, port },
      { protocol: 'UDP' as const, port },
    ])
    const blocks = Array.from({ length: 100 }, (_, n) => ({ ipBlock: { cidr: `198.51.${n}.0/24` } }))
    const text = rulesOf({ policies: [policy('shop/web', { ingress: [{ from: blocks, ports }] })], pods })
    expect(text.match(/ip saddr 198\.51\.\d+\.0\/24 ip daddr \. tcp dport @policy-port-/g)).toHaveLength(100)
    expect(text.match(/ip saddr 198\.51\.\d+\.0\/24 ip daddr \. udp dport @policy-port-/g)).toHaveLength(100)
    expect(text.match(/set policy-port-/g)).toHaveLength(2)
  })

  it('work out each selector once, however many pods there are', () => {
    let reads = 0
    const podSelector = {
      get matchLabels() {
        reads++
        return { app: 'web' }
      },
    }
    const many = Array.from({ length: 200 }, (_, n) =>
      pod(`shop/web-${n}`, `10.244.0.${n + 2}`, { app: 'web' }),
    )
    const allowed = policy('shop/web', { ingress: [{ from: [{ podSelector }] }] })
    expect(rulesOf({ policies: [allowed], pods: many })).toContain('10.244.0.201')
    // of the pods, of the name server, and to know it again
    expect(reads).toBeLessThan(10)
  })

  it('are the same text whatever the order of the objects', () => {
    const policies = [
      deny,
      policy('shop/web', {
        ingress: [{ from: [{ namespaceSelector: {} }], ports: [{ protocol: 'TCP', port: 'http' }] }],
      }),
    ]
    expect(rulesOf({ policies: [...policies].reverse(), pods: [...pods].reverse() })).toBe(
      rulesOf({ policies, pods }),
    )
  })
})
