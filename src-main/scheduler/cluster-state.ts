import type { Node, Pod } from '../api/types.ts'
import { NodeInfo } from './node-info.ts'
import { holdsResources, type PodInfo, podInfo } from './pod-info.ts'

/**
 * The nodes and what is on them, followed change by change. A pod that was just given a node counts at once, before
 * the write of that is done, so that the next decision sees it.
 */
export class ClusterState {
  readonly #nodes = new Map<string, NodeInfo>()
  /** Node name by pod uid. */
  readonly #placed = new Map<string, string>()
  /** Pods on nodes that are not known (yet). */
  readonly #homeless = new Map<string, Map<string, PodInfo>>()
  /** On how many nodes each image is. */
  readonly #imageNodes = new Map<string, number>()
  #list: readonly NodeInfo[] | undefined

  /** In order of names, so that the same state always gives the same decisions. */
  get nodes(): readonly NodeInfo[] {
    this.#list ??= [...this.#nodes.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
    return this.#list
  }

  nodesWithImage(name: string): number {
    return this.#imageNodes.get(name) ?? 0
  }

  setNode(node: Node): void {
    const { name } = node.metadata
    const known = this.#nodes.get(name)
    if (known) {
      this.#countImages(known, -1)
      known.node = node
      this.#countImages(known, 1)
      return
    }
    const info = new NodeInfo(node)
    for (const pod of this.#homeless.get(name)?.values() ?? []) info.add(pod)
    this.#homeless.delete(name)
    this.#nodes.set(name, info)
    this.#countImages(info, 1)
    this.#list = undefined
  }

  removeNode(name: string): void {
    const info = this.#nodes.get(name)
    if (!info) return
    this.#nodes.delete(name)
    this.#countImages(info, -1)
    this.#list = undefined
    if (info.pods.size > 0) this.#homeless.set(name, new Map(info.pods))
  }

  /** Follows a pod as it is stored. @returns true when that freed something on a node */
  setPod(pod: Pod): boolean {
    if (holdsResources(pod)) {
      this.place(podInfo(pod), pod.spec.nodeName ?? '')
      return false
    }
    // A pod that was assumed and whose binding is not written yet still looks unbound.
    return pod.spec.nodeName ? this.removePod(pod.metadata.uid) : false
  }

  place(info: PodInfo, nodeName: string): void {
    const { uid } = info.pod.metadata
    if (this.#placed.get(uid) !== nodeName) this.removePod(uid)
    this.#placed.set(uid, nodeName)
    const node = this.#nodes.get(nodeName)
    if (node) {
      node.add(info)
      return
    }
    const waiting = this.#homeless.get(nodeName) ?? new Map<string, PodInfo>()
    this.#homeless.set(nodeName, waiting.set(uid, info))
  }

  /** @returns true when it was on a node */
  removePod(uid: string): boolean {
    const nodeName = this.#placed.get(uid)
    if (nodeName === undefined) return false
    this.#placed.delete(uid)
    this.#nodes.get(nodeName)?.remove(uid)
    this.#homeless.get(nodeName)?.delete(uid)
    return true
  }

  #countImages({ images }: NodeInfo, sign: 1 | -1): void {
    for (const name of images.keys()) {
      const count = this.nodesWithImage(name) + sign
      if (count > 0) this.#imageNodes.set(name, count)
      else this.#imageNodes.delete(name)
    }
  }
}
