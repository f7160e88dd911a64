import { describe, expect, it } from 'vitest'
import type { NetworkPolicy, Service } from '../../../../src-main/api/types.ts'
import { FieldErrors } from '../../../../src-main/api/validation/field-errors.ts'
import { validateNetworkPolicy } from '../../../../src-main/api/validation/network-policy.ts'
import { validateService } from '../../../../src-main/api/validation/service.ts'

const listOf = <T>(count: number, make: (index: number) => T) =>
  Array.from({ length: count }, (_, n) => make(n))
const metadata = { name: 'web', namespace: 'shop', uid: 'web', resourceVersion: '1', creationTimestamp: '' }

function wrongWith(validate: (errors: FieldErrors) => void): string[] {
  const errors = new FieldErrors()
  validate(errors)
  return errors.causes.map(({ field, message }) => `${field}: ${message}`)
}

describe('the ports of a Service', () => {
  const service = (count: number): Service => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata,
    spec: { type: 'ClusterIP', ports: listOf(count, n => ({ name: `p${n}`, port: n + 1, protocol: 'TCP' })) },
  })

  it.each([
    [1, []],
    [250, []],
    [251, ['spec.ports: Too many: 251: must have at most 250 items']],
    [9_000, ['spec.ports: Too many: 9000: must have at most 250 items']],
  ])('%i', (count, expected) => {
    expect(wrongWith(errors => validateService(service(count), errors))).toEqual(expected)
  })
})

describe('the addresses of a Service', () => {
  const wrong = (spec: Service['spec']) =>
    wrongWith(errors =>
      validateService(
        { apiVersion: 'v1', kind: 'Service', metadata, spec: { ports: [{ port: 80 }], ...spec } },
        errors,
      ),
    )
  const addresses = (count: number) => listOf(count, n => `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`)

  it.each([
    [250, []],
    [60_000, ['spec.externalIPs: Too many: 60000: must have at most 250 items']],
  ])('%i externalIPs', (count, expected) => {
    expect(wrong({ type: 'ClusterIP', externalIPs: addresses(count) })).toEqual(expected)
  })

  it.each([
    [1_000, []],
    [60_000, ['spec.loadBalancerSourceRanges: Too many: 60000: must have at most 1000 items']],
  ])('%i source ranges', (count, expected) => {
    const loadBalancerSourceRanges = addresses(count).map(address => `${address}/32`)
    expect(wrong({ type: 'LoadBalancer', loadBalancerSourceRanges })).toEqual(expected)
  })
})

describe('the peers of a NetworkPolicy', () => {
  type Ingress = NonNullable<NetworkPolicy['spec']['ingress']>
  const wrong = (ingress: Ingress, egress: NetworkPolicy['spec']['egress'] = []) =>
    wrongWith(errors =>
      validateNetworkPolicy(
        {
          apiVersion: 'networking.k8s.io/v1',
          kind: 'NetworkPolicy',
          metadata,
          spec: { podSelector: {}, ingress, egress },
        },
        errors,
      ),
    )
  const select = (n: number) => ({
    podSelector: { matchExpressions: [{ key: 'app', operator: 'NotIn', values: [`a${n}`] }] },
  })

  it('may be 250 that select', () => {
    expect(wrong([{ from: listOf(250, select) }])).toEqual([])
  })

  it('may be as many blocks of addresses as fit', () => {
    const blocks = listOf(20_000, n => ({ ipBlock: { cidr: `10.${n >> 8}.${n & 255}.0/24` } }))
    expect(wrong([{ from: blocks }])).toEqual([])
  })

  it('are counted over all rules', () => {
    const rules = listOf(126, n => ({ from: [select(n)] }))
    expect(wrong(rules, [{ to: listOf(125, select) }])).toEqual([
      'spec: Forbidden: may have at most 250 peers with selectors, and has 251: choose several at once with the operator In, or write several policies',
    ])
  })
})
