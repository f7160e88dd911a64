import { describe, expect, it } from 'vitest'
import type { Node, Server } from '../../../src-main/api/types.ts'
import { applyFacts, applyReady, applyServer } from '../../../src-main/servers/node-object.ts'

const meta = { name: 'web-1', uid: 'u', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' }
const newNode = (): Node => ({ apiVersion: 'v1', kind: 'Node', metadata: { ...meta }, spec: {} })
const newServer = (metadata: Partial<Server['metadata']>): Server => ({
  apiVersion: 'coxswain.io/v1alpha1',
  kind: 'Server',
  metadata: { ...meta, ...metadata },
  spec: { local: true },
})
const GiB = 1024 ** 3

describe('the Node of a Server', () => {
  it("carries the Server's labels, drops those that it lost, and keeps those that people set", () => {
    const node = newNode()
    node.metadata.labels = { team: 'shop' }
    applyServer(node, newServer({ labels: { disk: 'ssd', zone: 'a' } }))
    expect(node.metadata.labels).toEqual({ team: 'shop', disk: 'ssd', zone: 'a' })
    applyServer(node, newServer({ labels: { zone: 'b' } }))
    expect(node.metadata.labels).toEqual({ team: 'shop', zone: 'b' })
  })

  it('takes no pods while nobody has confirmed the host key', () => {
    const node = newNode()
    node.spec.taints = [{ key: 'mine', effect: 'NoSchedule' }]
    applyServer(node, newServer({ annotations: { 'coxswain.io/host-key-unconfirmed': 'true' } }))
    expect(node.spec.taints?.map(taint => taint.key)).toEqual(['mine', 'coxswain.io/host-key-unconfirmed'])
    applyServer(node, newServer({}))
    expect(node.spec.taints?.map(taint => taint.key)).toEqual(['mine'])
  })

  it('has the capacity of its engine, and leaves 100 MiB to the system', () => {
    const node = newNode()
    const info = {
      id: 'ID', hostName: 'web-1', version: '20.10.24', apiVersion: '1.41', operatingSystem: 'Debian', osType: 'linux',
      architecture: 'amd64', kernelVersion: '6.1', cpus: 2, memoryBytes: 2 * GiB, cgroupVersion: '2', storageDriver: 'overlay2',
    } // prettier-ignore
    applyFacts(node, { info, images: [], address: '192.0.2.1', kubeletVersion: 'v1.30.0' })
    expect(node.status?.capacity).toEqual({ cpu: '2', memory: '2097152Ki', pods: '110' })
    expect(node.status?.allocatable?.memory).toBe('1994752Ki')
  })

  it('keeps the transition time of Ready while it stays as it is', () => {
    const node = newNode()
    const ready = { status: 'True' as const, reason: 'KubeletReady', message: '' }
    applyReady(node, ready, Date.UTC(2026, 0, 1))
    applyReady(node, ready, Date.UTC(2026, 0, 2))
    const condition = node.status?.conditions?.find(({ type }) => type === 'Ready')
    expect(condition?.lastTransitionTime).toBe('2026-01-01T00:00:00Z')
    applyReady(node, { ...ready, status: 'Unknown' }, Date.UTC(2026, 0, 3))
    expect(node.status?.conditions?.find(({ type }) => type === 'Ready')?.lastTransitionTime).toBe(
      '2026-01-03T00:00:00Z',
    )
  })
})
