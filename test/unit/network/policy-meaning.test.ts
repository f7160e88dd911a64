import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { allowed, type Stage } from './support/allowed.ts'
import type { Packet } from './support/packet-filter.ts'
import { filters, namespace, passes, pod, policy, type PolicySpec } from './support/policy-stage.ts'

describe('whatever the policies', () => {
  const labels = fc.record(
    { app: fc.constantFrom('a', 'b'), tier: fc.constantFrom('x', 'y') },
    { requiredKeys: [] },
  )
  const selector = fc.oneof(
    fc.constant({}),
    labels.map(matchLabels => ({ matchLabels })),
    fc
      .record({
        key: fc.constantFrom('app', 'tier'),
        operator: fc.constantFrom('In', 'NotIn', 'Exists', 'DoesNotExist'),
        value: fc.constantFrom('a', 'x'),
      })
      .map(({ key, operator, value }) => ({
        matchExpressions: [{ key, operator, ...(operator.endsWith('n') ? { values: [value] } : {}) }],
      })),
  )
  const cidr = fc.constantFrom('10.244.0.0/16', '10.244.0.0/24', '10.244.1.2/32', '192.0.2.0/24', '0.0.0.0/0')
  const inner = fc.constantFrom('10.244.0.2/31', '192.0.2.128/25', '10.244.1.0/25', '192.0.2.200/32')
  const peer = fc.oneof(
    fc.record({ ipBlock: fc.record({ cidr, except: fc.array(inner, { maxLength: 3 }) }) }),
    fc.record({ podSelector: selector }),
    fc.record({ namespaceSelector: selector }),
    fc.record({ podSelector: selector, namespaceSelector: selector }),
  )
  const protocol = fc.constantFrom('TCP' as const, 'UDP' as const, 'SCTP' as const)
  const number = fc.constantFrom(53, 79, 80, 81, 8080)
  const port = fc.oneof(
    fc.record({ protocol }),
    fc.record({ protocol, port: number }),
    fc.record({ protocol, port: number, endPort: number }).map(one => ({
      ...one,
      endPort: Math.max(one.port, one.endPort),
    })),
    fc.record({ protocol, port: fc.constantFrom('http', 'dns') }),
  )
  const rule = (other: 'from' | 'to') =>
    fc.record(
      { [other]: fc.array(peer, { maxLength: 3 }), ports: fc.array(port, { maxLength: 3 }) },
      { requiredKeys: [] },
    )
  const home = fc.constantFrom('one', 'two', 'kube-system')
  const policies = fc.array(
    fc.record({
      home,
      spec: fc.record(
        {
          podSelector: selector,
          ingress: fc.array(rule('from'), { maxLength: 3 }),
          egress: fc.array(rule('to'), { maxLength: 3 }),
          policyTypes: fc.constantFrom<PolicySpec['policyTypes'][]>(
            ['Ingress'],
            ['Egress'],
            ['Ingress', 'Egress'],
          ),
        },
        { requiredKeys: ['podSelector', 'policyTypes'] },
      ),
    }),
    { maxLength: 5 },
  )
  const stages = fc
    .record({
      policies,
      namespaceLabels: fc.array(labels, { minLength: 3, maxLength: 3 }),
      pods: fc.array(fc.record({ home, labels, server: fc.nat(1), http: number }), {
        minLength: 2,
        maxLength: 7,
      }),
    })
    .map(({ policies: drawn, namespaceLabels, pods: places }): Stage => ({
      policies: drawn.map(({ home: space, spec }, n) =>
        policy(`${space}/p${n}`, spec as Partial<PolicySpec>),
      ),
      namespaces: ['one', 'two', 'kube-system'].map((name, n) => namespace(name, namespaceLabels[n])),
      pods: places.map(({ home: space, labels: own, server, http }, n) =>
        pod(`${space}/pod-${n}`, `10.244.${server}.${n + 2}`, own, http),
      ),
    }))
  const packets = fc.array(
    fc.record({
      from: fc.nat(),
      to: fc.nat(),
      protocol: fc.constantFrom('tcp' as const, 'udp' as const, 'sctp' as const, 'icmp' as const),
      port: number,
    }),
    { minLength: 20, maxLength: 20 },
  )
  const others = ['192.0.2.7', '192.0.2.200', '198.51.100.1', '10.244.0.1', '10.244.1.1']

  it('the rules of the servers mean what the policies say', () => {
    let denied = 0
    let total = 0
    fc.assert(
      fc.property(stages, packets, (stage, drawn) => {
        const through = filters(stage)
        const own = stage.pods.map(({ status }) => status?.podIP ?? '')
        const all = [...own, ...others]
        for (const { from, to, protocol: wire, port: wanted } of drawn) {
          const packet = {
            from: all[from % all.length] ?? '',
            to: all[to % all.length] ?? '',
            protocol: wire,
            port: wire === 'icmp' ? 0 : wanted,
          }
          // a pod does not leave its own server to reach itself, and gateways only pods of their own server
          if (packet.from === packet.to || isFarGateway(packet)) continue
          const expected = allowed(stage, packet)
          total++
          if (!expected) denied++
          expect([packet, passes(through, packet)]).toEqual([packet, expected])
        }
      }),
      { numRuns: 300 },
    )
    // the property is about something
    expect(denied / total).toBeGreaterThan(0.1)
    expect(denied / total).toBeLessThan(0.9)
  })

  /** A pod asks its own server's name server, never another's. */
  function isFarGateway({ from, to }: Packet): boolean {
    return /^10\.244\.\d\.1$/.test(to) && from.slice(0, 9) !== to.slice(0, 9)
  }
})
