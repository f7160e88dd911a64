import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Namespace, NetworkPolicy, Pod } from '../../../src-main/api/types.ts'
import { planPolicies, policyPods } from '../../../src-main/network/plan/policies.ts'
import { policyRules } from '../../../src-main/network/plan/policy-rules.ts'
import type { Endpoint } from '../../../src-main/network/plan/service-model.ts'
import { serverA, servers } from './objects.ts'
import { allowed, type Stage } from './support/allowed.ts'
import { PacketFilter, type Packet } from './support/packet-filter.ts'

type Spec = NetworkPolicy['spec']
type Labels = Record<string, string>

const created = { uid: '', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' }

function namespace(name: string, labels: Labels = {}): Namespace {
  const metadata = { ...created, name, labels: { 'kubernetes.io/metadata.name': name, ...labels } }
  return { apiVersion: 'v1', kind: 'Namespace', metadata }
}

function pod(name: string, podIP: string, labels: Labels, httpPort = 8080): Pod {
  const [home, own = ''] = name.split('/')
  const ports = [
    { name: 'http', containerPort: httpPort },
    { name: 'dns', containerPort: 53, protocol: 'UDP' as const },
  ]
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...created, uid: name, name: own, namespace: home, labels },
    spec: { containers: [{ name: 'main', image: 'web:1', ports }] },
    status: { podIP },
  }
}

/** As the API stores it: with its defaults. */
function policy(name: string, spec: Partial<Spec>): NetworkPolicy {
  const [home, own = ''] = name.split('/')
  const policyTypes = spec.policyTypes ?? ['Ingress', ...(spec.egress ? (['Egress'] as const) : [])]
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { ...created, name: own, namespace: home },
    spec: { podSelector: {}, ...spec, policyTypes },
  }
}

const namespaces = [
  namespace('shop', { team: 'blue' }),
  namespace('bank', { team: 'red' }),
  namespace('kube-system'),
]
/** On two servers, whose pods are 10.244.0.0/24 and 10.244.1.0/24. */
const pods = [
  pod('shop/web', '10.244.0.2', { app: 'web' }),
  pod('shop/api', '10.244.1.2', { app: 'api', tier: 'back' }, 9090),
  pod('shop/db', '10.244.0.3', { app: 'db', tier: 'back' }),
  pod('bank/web', '10.244.1.3', { app: 'web' }),
]
const PLACES: Record<string, string> = {
  ...Object.fromEntries(pods.map(({ metadata, status }) => [metadata.uid, status?.podIP ?? ''])),
  outside: '192.0.2.7',
  neighbour: '192.0.2.200',
  'gateway-a': '10.244.0.1',
  'gateway-b': '10.244.1.1',
}

/** Of a server with no pod behind a Service. */
const NO_HAIRPIN = '  set hairpin {\n  }'

function filters(
  { policies, namespaces: spaces, pods: all }: Stage,
  published: Endpoint[] = [],
): PacketFilter[] {
  const plan = planPolicies({ policies, namespaces: spaces, pods: policyPods(all, new Map()) })
  return servers
    .slice(0, 2)
    .map(own => new PacketFilter([NO_HAIRPIN, ...policyRules(plan, { own, servers, published })].join('\n')))
}

/** Every server that a packet passes must let it through. */
function passes(through: readonly PacketFilter[], packet: Packet): boolean {
  return through.every(filter => filter.verdict('policies', packet) === 'return')
}

/** `shop/web > shop/db tcp 8080` */
function parse(text: string): Packet {
  const [from = '', , to = '', protocol = 'tcp', port = '8080'] = text.split(' ')
  const at = (place: string) => {
    const address = PLACES[place]
    if (!address) throw new Error(`no place ${place}`)
    return address
  }
  return { from: at(from), to: at(to), protocol: protocol as Packet['protocol'], port: Number(port) }
}

const ALLOW_ALL = [{}]

describe('NetworkPolicies', () => {
  it.each<[string, NetworkPolicy[], string[], string[]]>([
    ['none: everybody may talk', [], ['bank/web > shop/db', 'outside > shop/web', 'shop/web > outside'], []],
    [
      'deny all ingress: no rules',
      [policy('shop/deny', { ingress: [] })],
      ['shop/web > bank/web', 'shop/web > outside', 'outside > bank/web'],
      ['shop/web > shop/db', 'bank/web > shop/db', 'outside > shop/web', 'outside > shop/web icmp 0'],
    ],
    [
      'deny all ingress: not even a list of rules',
      [policy('shop/deny', { policyTypes: ['Ingress'] })],
      ['shop/web > outside'],
      ['shop/web > shop/db', 'gateway-b > shop/web'],
    ],
    [
      'allow all ingress: one empty rule',
      [policy('shop/deny', {}), policy('shop/allow', { ingress: ALLOW_ALL })],
      ['bank/web > shop/db', 'outside > shop/web', 'outside > shop/web icmp 0', 'outside > shop/web sctp 9'],
      [],
    ],
    [
      'deny all egress',
      [policy('shop/deny', { policyTypes: ['Egress'] })],
      ['bank/web > shop/db', 'outside > shop/web', 'bank/web > outside'],
      [
        'shop/web > shop/db',
        'shop/web > outside',
        'shop/web > gateway-a udp 53',
        'shop/web > gateway-a tcp 22',
        'shop/web > outside icmp 0',
      ],
    ],
    [
      'allow all egress',
      [
        policy('shop/deny', { policyTypes: ['Egress'] }),
        policy('shop/allow', { policyTypes: ['Egress'], egress: ALLOW_ALL }),
      ],
      ['shop/web > shop/db', 'shop/web > outside', 'shop/web > gateway-a udp 53'],
      [],
    ],
    [
      'deny all in both directions',
      [policy('shop/deny', { policyTypes: ['Ingress', 'Egress'] })],
      ['bank/web > outside', 'outside > bank/web'],
      ['bank/web > shop/db', 'shop/db > bank/web', 'shop/web > shop/db'],
    ],
    [
      'a pod selector is about the policy’s own namespace',
      [
        policy('shop/db', {
          podSelector: { matchLabels: { app: 'db' } },
          ingress: [{ from: [{ podSelector: { matchLabels: { app: 'web' } } }] }],
        }),
      ],
      ['shop/web > shop/db', 'shop/web > shop/db udp 9', 'bank/web > shop/api', 'shop/db > shop/web'],
      ['bank/web > shop/db', 'shop/api > shop/db', 'outside > shop/db'],
    ],
    [
      'an empty pod selector of a peer is all pods of the namespace',
      [policy('shop/own', { ingress: [{ from: [{ podSelector: {} }] }] })],
      ['shop/web > shop/db', 'shop/api > shop/web'],
      ['bank/web > shop/db', 'outside > shop/db'],
    ],
    [
      'an empty namespace selector is all pods of all namespaces, and nobody else',
      [policy('shop/cluster', { ingress: [{ from: [{ namespaceSelector: {} }] }] })],
      ['shop/web > shop/db', 'bank/web > shop/db'],
      ['outside > shop/db', 'gateway-b > shop/db'],
    ],
    [
      'a namespace selector is all pods there',
      [
        policy('shop/red', {
          ingress: [{ from: [{ namespaceSelector: { matchLabels: { team: 'red' } } }] }],
        }),
      ],
      ['bank/web > shop/db'],
      ['shop/web > shop/db'],
    ],
    [
      'both selectors in one peer: those pods of those namespaces',
      [
        policy('shop/both', {
          ingress: [
            {
              from: [
                {
                  namespaceSelector: { matchLabels: { team: 'blue' } },
                  podSelector: { matchLabels: { app: 'web' } },
                },
              ],
            },
          ],
        }),
      ],
      ['shop/web > shop/db'],
      ['bank/web > shop/db', 'shop/api > shop/db'],
    ],
    [
      'both selectors in two peers: either',
      [
        policy('shop/either', {
          ingress: [
            {
              from: [
                { namespaceSelector: { matchLabels: { team: 'red' } } },
                { podSelector: { matchLabels: { app: 'api' } } },
              ],
            },
          ],
        }),
      ],
      ['bank/web > shop/db', 'shop/api > shop/db'],
      ['shop/web > shop/db'],
    ],
    [
      'expressions select as everywhere',
      [
        policy('shop/expressions', {
          podSelector: { matchExpressions: [{ key: 'tier', operator: 'Exists' }] },
          ingress: [
            {
              from: [
                { podSelector: { matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['web'] }] } },
              ],
            },
          ],
        }),
      ],
      ['shop/api > shop/db', 'bank/web > shop/web'],
      ['shop/web > shop/db', 'bank/web > shop/api'],
    ],
    [
      'policies add up',
      [
        policy('shop/a', { ingress: [{ from: [{ podSelector: { matchLabels: { app: 'web' } } }] }] }),
        policy('shop/b', { ingress: [{ ports: [{ protocol: 'TCP', port: 443 }] }] }),
      ],
      ['shop/web > shop/db', 'outside > shop/db tcp 443'],
      ['shop/api > shop/db', 'outside > shop/db tcp 80'],
    ],
    [
      'rules of a policy add up, peers and ports of a rule must both fit',
      [
        policy('shop/rules', {
          ingress: [
            {
              from: [{ podSelector: { matchLabels: { app: 'web' } } }],
              ports: [{ protocol: 'TCP', port: 80 }],
            },
            {
              from: [{ podSelector: { matchLabels: { app: 'api' } } }],
              ports: [{ protocol: 'UDP', port: 53 }],
            },
          ],
        }),
      ],
      ['shop/web > shop/db tcp 80', 'shop/api > shop/db udp 53'],
      ['shop/web > shop/db udp 53', 'shop/api > shop/db tcp 80', 'shop/web > shop/db udp 80'],
    ],
    [
      'an egress rule of one end does not open the other end',
      [
        policy('shop/out', { policyTypes: ['Egress'], egress: ALLOW_ALL }),
        policy('bank/deny', { ingress: [] }),
      ],
      ['shop/web > shop/db'],
      ['shop/web > bank/web'],
    ],
    [
      'policyTypes decide, not the rules: an egress rule without its type says nothing',
      [policy('shop/types', { policyTypes: ['Ingress'], ingress: ALLOW_ALL, egress: [] })],
      ['shop/web > outside', 'outside > shop/web'],
      [],
    ],
    [
      'an address block, except some of it',
      [
        policy('shop/block', {
          ingress: [
            { from: [{ ipBlock: { cidr: '192.0.2.0/24', except: ['192.0.2.128/25', '192.0.2.192/26'] } }] },
          ],
        }),
      ],
      ['outside > shop/db'],
      ['neighbour > shop/db', 'shop/web > shop/db'],
    ],
    [
      'an exception holds for its own block only',
      [
        policy('shop/blocks', {
          policyTypes: ['Egress'],
          egress: [
            {
              to: [
                { ipBlock: { cidr: '192.0.2.0/24', except: ['192.0.2.128/25'] } },
                { ipBlock: { cidr: '192.0.2.200/32' } },
              ],
            },
          ],
        }),
      ],
      ['shop/web > outside', 'shop/web > neighbour'],
      ['shop/web > shop/db', 'shop/web > gateway-a tcp 80'],
    ],
    [
      'a block names pods too, and host bits do not count',
      [policy('shop/pods', { ingress: [{ from: [{ ipBlock: { cidr: '10.244.1.77/24' } }] }] })],
      ['shop/api > shop/db', 'bank/web > shop/db', 'gateway-b > shop/db'],
      ['shop/web > shop/db'],
    ],
    [
      'a block of IPv6 matches nothing here',
      [policy('shop/six', { ingress: [{ from: [{ ipBlock: { cidr: '::/0' } }] }] })],
      [],
      ['shop/api > shop/db', 'outside > shop/db'],
    ],
    [
      'everything by a block of all addresses',
      [
        policy('shop/all', {
          ingress: [{ from: [{ ipBlock: { cidr: '0.0.0.0/0', except: ['10.244.0.0/16'] } }] }],
        }),
      ],
      ['outside > shop/db'],
      ['shop/web > shop/db'],
    ],
    [
      'a range of ports, and ranges that overlap',
      [
        policy('shop/range', {
          ingress: [
            {
              ports: [
                { protocol: 'TCP', port: 8000, endPort: 8090 },
                { protocol: 'TCP', port: 8050 },
                { protocol: 'TCP', port: 8080, endPort: 8100 },
              ],
            },
          ],
        }),
      ],
      ['outside > shop/db tcp 8000', 'outside > shop/db tcp 8095', 'outside > shop/db tcp 8100'],
      ['outside > shop/db tcp 7999', 'outside > shop/db tcp 8101', 'outside > shop/db udp 8050'],
    ],
    [
      'a protocol without a port is all its ports',
      [policy('shop/udp', { ingress: [{ ports: [{ protocol: 'UDP' }, { protocol: 'SCTP', port: 7 }] }] })],
      ['outside > shop/db udp 1', 'outside > shop/db udp 65535', 'outside > shop/db sctp 7'],
      ['outside > shop/db tcp 1', 'outside > shop/db sctp 8', 'outside > shop/db icmp 0'],
    ],
    [
      'a named port is another number in each pod',
      [policy('shop/named', { ingress: [{ ports: [{ protocol: 'TCP', port: 'http' }] }] })],
      ['outside > shop/web tcp 8080', 'outside > shop/api tcp 9090'],
      ['outside > shop/api tcp 8080', 'outside > shop/web udp 8080', 'outside > shop/web udp 53'],
    ],
    [
      'a named port of the pods that are sent to',
      [
        policy('shop/named', {
          policyTypes: ['Egress'],
          egress: [
            {
              to: [{ podSelector: { matchLabels: { tier: 'back' } } }],
              ports: [{ protocol: 'TCP', port: 'http' }],
            },
          ],
        }),
      ],
      ['shop/web > shop/api tcp 9090', 'shop/web > shop/db tcp 8080'],
      ['shop/web > shop/api tcp 8080', 'shop/api > shop/web tcp 8080'],
    ],
    [
      'a name that no pod has opens nothing',
      [policy('shop/named', { ingress: [{ ports: [{ protocol: 'TCP', port: 'nothing' }] }] })],
      [],
      ['outside > shop/web tcp 8080'],
    ],
    [
      'the name server is chosen as that of other clusters',
      [
        policy('shop/dns', {
          policyTypes: ['Egress'],
          egress: [
            {
              to: [
                {
                  namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } },
                  podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
                },
              ],
              ports: [{ protocol: 'UDP', port: 53 }],
            },
          ],
        }),
      ],
      ['shop/web > gateway-a udp 53', 'shop/api > gateway-b udp 53'],
      ['shop/web > gateway-a tcp 53', 'shop/web > gateway-a udp 54', 'shop/web > outside udp 53'],
    ],
    [
      'the name server by port alone, or by all namespaces',
      [
        policy('shop/dns', { policyTypes: ['Egress'], egress: [{ ports: [{ protocol: 'UDP', port: 53 }] }] }),
        policy('bank/dns', { policyTypes: ['Egress'], egress: [{ to: [{ namespaceSelector: {} }] }] }),
      ],
      [
        'shop/web > gateway-a udp 53',
        'shop/web > outside udp 53',
        'bank/web > gateway-b tcp 53',
        'bank/web > shop/db',
      ],
      ['bank/web > gateway-b tcp 80', 'bank/web > outside udp 53'],
    ],
  ])('%s', (_, policies, yes, no) => {
    const stage = { policies, namespaces, pods }
    const through = filters(stage)
    for (const text of yes) expect([text, passes(through, parse(text))]).toEqual([text, true])
    for (const text of no) expect([text, passes(through, parse(text))]).toEqual([text, false])
    // the definition itself says the same
    for (const text of [...yes, ...no])
      expect([text, allowed(stage, parse(text))]).toEqual([text, yes.includes(text)])
  })
})

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
          policyTypes: fc.constantFrom<Spec['policyTypes'][]>(['Ingress'], ['Egress'], ['Ingress', 'Egress']),
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
      policies: drawn.map(({ home: space, spec }, n) => policy(`${space}/p${n}`, spec as Partial<Spec>)),
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
