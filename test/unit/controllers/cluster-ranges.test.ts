import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ensureBuiltIns } from '../../../src-main/api/built-ins.ts'
import {
  CIDR_CLASH,
  NETWORK_CONFIG,
  rangesInUse,
  rangesWanted,
} from '../../../src-main/api/cluster-ranges.ts'
import { ConfigMapKind } from '../../../src-main/api/kinds/config-map.ts'
import { NodeKind } from '../../../src-main/api/kinds/node.ts'
import { ServiceKind } from '../../../src-main/api/kinds/service.ts'
import type { ConfigMap } from '../../../src-main/api/types.ts'
import { createClusterRangesController } from '../../../src-main/controllers/cluster-ranges.ts'
import { createNodeIpamController } from '../../../src-main/controllers/node-ipam.ts'
import { createServiceAddressesController } from '../../../src-main/controllers/service-addresses.ts'
import { TestCluster } from './cluster.ts'

const config = (data: Record<string, string>) => ({ data }) as unknown as ConfigMap

describe('the ranges that the ConfigMap asks for', () => {
  it('are the usual ones without it', () => {
    expect(rangesWanted(undefined)).toMatchObject({ podCidr: '10.244.0.0/16', serviceCidr: '10.96.0.0/16' })
  })

  it('may be others', () => {
    const ranges = rangesWanted(config({ podCidr: '10.200.0.0/20', serviceCidr: '10.201.0.0/24' }))
    expect(ranges).toMatchObject({ podCidr: '10.200.0.0/20', serviceCidr: '10.201.0.0/24' })
  })

  it.each([
    [{ podCidr: '10.200.0.0' }, 'podCidr "10.200.0.0" is no IPv4 range between /8 and /24'],
    [{ podCidr: '10.200.0.0/25' }, 'between /8 and /24'],
    [{ podCidr: '10.300.0.0/16' }, 'is no IPv4 range'],
    [{ podCidr: 'fd00::/48' }, 'is no IPv4 range'],
    [{ serviceCidr: '10.0.0.0/8' }, 'between /12 and /24'],
    [{ podCidr: '192.168.0.0/16' }, 'does not lie in 10.0.0.0/8'],
    [{ podCidr: '10.200.7.0/16' }, 'must be written as 10.200.0.0/16'],
    [{ podCidr: '10.96.4.0/24' }, 'podCidr 10.96.4.0/24 and serviceCidr 10.96.0.0/16 overlap'],
  ])('%j cannot be used', (data, words) => {
    expect(() => rangesWanted(config(data))).toThrow(words)
  })
})

describe('the ranges in use', () => {
  let cluster: TestCluster

  beforeEach(async () => {
    cluster = await TestCluster.create()
    await ensureBuiltIns(cluster.registry)
    cluster.start(createClusterRangesController, createNodeIpamController, createServiceAddressesController)
    await cluster.settle()
  })
  afterEach(() => cluster.stop())

  async function ask(data: Record<string, string>) {
    const { registry } = cluster
    if (registry.get(ConfigMapKind, NETWORK_CONFIG.name, NETWORK_CONFIG.namespace)) {
      await registry.modify(ConfigMapKind, NETWORK_CONFIG, draft => void (draft.data = data))
    } else await registry.create(ConfigMapKind, { metadata: NETWORK_CONFIG, data })
    await cluster.settle()
  }
  const podCidrOf = (name: string) => cluster.registry.get(NodeKind, name)?.spec.podCIDR

  it('change while nothing has an address outside, and nodes and Services follow', async () => {
    await ask({ podCidr: '10.200.0.0/16', serviceCidr: '10.201.0.0/16' })
    expect(rangesInUse(cluster.registry)).toMatchObject({
      podCidr: '10.200.0.0/16',
      serviceCidr: '10.201.0.0/16',
    })
    await cluster.addNode('a')
    await cluster.settle()
    expect(podCidrOf('a')).toBe('10.200.0.0/24')
    expect(cluster.registry.get(ServiceKind, 'kubernetes', 'default')?.spec.clusterIP).toBe('10.201.0.1')
  })

  it('wait while a server or a Service has an address outside, and say what to do', async () => {
    await cluster.addNode('a')
    const metadata = { name: 'web', namespace: 'default' }
    await cluster.registry.create(ServiceKind, { metadata, spec: { ports: [{ port: 80 }] } })
    await cluster.settle()
    await ask({ podCidr: '10.200.0.0/16', serviceCidr: '10.201.0.0/16' })
    expect(rangesInUse(cluster.registry)).toMatchObject({ podCidr: '10.244.0.0/16' })
    expect(cluster.events.at(-1)).toMatchObject({ about: 'ConfigMap/network', reason: 'RangeInUse' })
    expect(cluster.events.at(-1)?.message).toContain(
      'kubectl delete server a; kubectl -n default delete service web',
    )
    await cluster.registry.delete(NodeKind, { name: 'a' })
    await cluster.registry.delete(ServiceKind, metadata)
    await cluster.settle()
    expect(rangesInUse(cluster.registry)).toMatchObject({ podCidr: '10.200.0.0/16' })
  })

  it('change under a server where a clash has kept the network from being set up: it gets a new one', async () => {
    await cluster.addNode('a')
    await cluster.settle()
    await cluster.registry.modifyStatus(NodeKind, { name: 'a' }, draft => {
      const clash = { type: 'NetworkUnavailable', status: 'True', reason: CIDR_CLASH, message: '' }
      draft.status = { ...draft.status, conditions: [clash] }
    })
    await ask({ podCidr: '10.200.0.0/16' })
    expect(podCidrOf('a')).toBe('10.200.0.0/24')
  })

  it('stay as they are when the ConfigMap asks for what cannot be used, or goes', async () => {
    await ask({ podCidr: '10.200.0.0/16' })
    await cluster.addNode('a')
    await cluster.settle()
    await ask({ podCidr: 'everything' })
    expect(cluster.events.at(-1)).toMatchObject({ reason: 'RangeInvalid' })
    await cluster.registry.delete(ConfigMapKind, NETWORK_CONFIG)
    await cluster.settle()
    expect(rangesInUse(cluster.registry)).toMatchObject({ podCidr: '10.200.0.0/16' })
    expect(podCidrOf('a')).toBe('10.200.0.0/24')
  })
})
