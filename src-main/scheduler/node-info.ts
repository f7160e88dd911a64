import type { Node } from '../api/types.ts'
import type { HostPort, PodInfo } from './pod-info.ts'
import { parseResources, type Resources } from './resources.ts'

/** A node with the pods on it and their sums, kept up to date pod by pod. */
export class NodeInfo {
  readonly name: string
  readonly pods = new Map<string, PodInfo>()
  readonly requested = new Map<string, number>()
  /** Sum of the pods' estimates, for comparing nodes. */
  readonly estimated = { cpu: 0, memory: 0 }
  #node: Node
  #allocatable: Resources
  #images: ReadonlyMap<string, number>
  readonly #owners = new Map<string, number>()

  constructor(node: Node) {
    this.name = node.metadata.name
    this.#node = node
    this.#allocatable = allocatableOf(node)
    this.#images = imagesOf(node)
  }

  get node(): Node {
    return this.#node
  }

  set node(node: Node) {
    this.#node = node
    this.#allocatable = allocatableOf(node)
    this.#images = imagesOf(node)
  }

  get allocatable(): Resources {
    return this.#allocatable
  }

  /** Bytes by image name. */
  get images(): ReadonlyMap<string, number> {
    return this.#images
  }

  /** How many pods of this controller are on the node. */
  podsOf(owner: string | undefined): number {
    return owner === undefined ? 0 : (this.#owners.get(owner) ?? 0)
  }

  /** True when another pod of the node has one of these host ports on the same or on every address. */
  hasPortConflict(ports: readonly HostPort[]): boolean {
    if (ports.length === 0) return false
    for (const { hostPorts } of this.pods.values()) {
      if (hostPorts.some(taken => ports.some(wanted => conflicts(taken, wanted)))) return true
    }
    return false
  }

  add(info: PodInfo): void {
    this.remove(info.pod.metadata.uid)
    this.pods.set(info.pod.metadata.uid, info)
    this.#count(info, 1)
  }

  remove(uid: string): void {
    const info = this.pods.get(uid)
    if (!info) return
    this.pods.delete(uid)
    this.#count(info, -1)
  }

  #count({ requests, estimate, owner }: PodInfo, sign: 1 | -1): void {
    for (const [name, amount] of requests) {
      this.requested.set(name, (this.requested.get(name) ?? 0) + sign * amount)
    }
    this.estimated.cpu += sign * estimate.cpu
    this.estimated.memory += sign * estimate.memory
    if (owner === undefined) return
    const count = this.podsOf(owner) + sign
    if (count > 0) this.#owners.set(owner, count)
    else this.#owners.delete(owner)
  }
}

function conflicts(a: HostPort, b: HostPort): boolean {
  return (
    a.port === b.port &&
    a.protocol === b.protocol &&
    (a.ip === b.ip || a.ip === '0.0.0.0' || b.ip === '0.0.0.0')
  )
}

function allocatableOf({ status }: Node): Resources {
  return parseResources(status?.allocatable ?? status?.capacity)
}

function imagesOf({ status }: Node): Map<string, number> {
  const images = new Map<string, number>()
  for (const { names, sizeBytes } of status?.images ?? []) {
    for (const name of names ?? []) images.set(name, sizeBytes ?? 0)
  }
  return images
}
