import { describe, expect, it } from 'vitest'
import type { NetworkPolicy } from '../../../src-main/api/types.ts'
import { allowed } from './support/allowed.ts'
import { filters, namespaces, parse, passes, pods, policy } from './support/policy-stage.ts'

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
