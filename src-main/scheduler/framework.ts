import type { ClusterState } from './cluster-state.ts'
import type { NodeInfo } from './node-info.ts'
import type { PodInfo } from './pod-info.ts'

/** What can happen that may give a pod a place. */
export type ClusterEvent = 'NodeAdded' | 'NodeChanged' | 'PodRemoved'

export interface FilterPlugin {
  name: string
  /**
   * Whether the pod may run on the node.
   * @returns undefined when it may, else what the node lacks, in the words that Kubernetes uses
   */
  filter(info: PodInfo, node: NodeInfo): string | string[] | undefined
  /** A pod that this filter refused is worth another try after these. */
  retryAfter: readonly ClusterEvent[]
}

export interface ScorePlugin {
  name: string
  weight: number
  /** Any number, more is better; undefined when the plugin has no opinion on this pod. */
  prepare(info: PodInfo, state: ClusterState): ((node: NodeInfo) => number) | undefined
  /** How raw scores become 0..100: `none` when they are already. */
  normalize: 'none' | 'max' | 'inverse-max' | 'inverse-range'
}

export interface Plugins {
  filters: readonly FilterPlugin[]
  scores: readonly ScorePlugin[]
}

/** A pod has a place, or the reasons why it has none, by node. */
export type Decision =
  { node: NodeInfo } | { node?: undefined; message: string; retryAfter: ReadonlySet<ClusterEvent> }

/**
 * Below 100 nodes all are looked at; above, a share of them that shrinks to 5 %, but never fewer than 100 fitting
 * ones: 1,000 nodes → 42 % → 420. Source: kubernetes pkg/scheduler/schedule_one.go, numFeasibleNodesToFind.
 */
export function enoughNodes(total: number): number {
  if (total < 100) return total
  const percentage = Math.max(5, 50 - Math.floor(total / 125))
  return Math.max(100, Math.floor((total * percentage) / 100))
}

export interface DecideOptions {
  plugins: Plugins
  /** At which node to begin looking; moves on so that every node has its turn. */
  offset: number
  /** 0 ≤ x < 1, chooses among equals. */
  random: () => number
}

/** Finds the node for a pod. It changes nothing. */
export function decide(
  info: PodInfo,
  state: ClusterState,
  { plugins, offset, random }: DecideOptions,
): { decision: Decision; examined: number } {
  const { nodes } = state
  const wanted = enoughNodes(nodes.length)
  const fitting: NodeInfo[] = []
  const refusals = new Refusals()
  let examined = 0
  for (; examined < nodes.length && fitting.length < wanted; examined++) {
    const node = nodes[(offset + examined) % nodes.length]
    if (!node) break
    if (!refusals.refuse(plugins.filters, info, node)) fitting.push(node)
  }
  const node = best(fitting, scoresOf(info, state, fitting, plugins.scores), random)
  if (node) return { decision: { node }, examined }
  const { retryAfter } = refusals
  return { decision: { message: refusals.message(nodes.length), retryAfter }, examined }
}

/** Counts what the nodes lack. */
class Refusals {
  readonly retryAfter = new Set<ClusterEvent>(['NodeAdded'])
  readonly #counts = new Map<string, number>()

  /** @returns true when a filter refuses the node; its reasons are counted */
  refuse(filters: readonly FilterPlugin[], info: PodInfo, node: NodeInfo): boolean {
    for (const plugin of filters) {
      const reasons = plugin.filter(info, node)
      if (reasons === undefined) continue
      for (const reason of typeof reasons === 'string' ? [reasons] : reasons) {
        this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1)
      }
      for (const event of plugin.retryAfter) this.retryAfter.add(event)
      return true
    }
    return false
  }

  /** `0/3 nodes are available: 2 Insufficient memory, 1 node(s) were unschedulable.`: what most nodes lack first. */
  message(total: number): string {
    if (total === 0) return 'no nodes available to schedule pods'
    const reasons = [...this.#counts].sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1))
    return `0/${total} nodes are available: ${reasons.map(([reason, count]) => `${count} ${reason}`).join(', ')}.`
  }
}

function scoresOf(
  info: PodInfo,
  state: ClusterState,
  nodes: readonly NodeInfo[],
  plugins: readonly ScorePlugin[],
): number[] {
  const totals = nodes.map(() => 0)
  if (nodes.length < 2) return totals
  for (const { prepare, normalize, weight } of plugins) {
    const score = prepare(info, state)
    if (!score) continue
    const scores = normalized(nodes.map(score), normalize)
    scores.forEach((value, index) => {
      totals[index] = (totals[index] ?? 0) + weight * value
    })
  }
  return totals
}

function normalized(scores: number[], how: ScorePlugin['normalize']): number[] {
  if (how === 'none') return scores
  let max = 0
  let min = Infinity
  for (const score of scores) {
    if (score > max) max = score
    if (score < min) min = score
  }
  switch (how) {
    case 'max':
      return scores.map(score => (max === 0 ? 0 : (score * 100) / max))
    case 'inverse-max':
      return scores.map(score => (max === 0 ? 100 : 100 - (score * 100) / max))
    case 'inverse-range':
      return scores.map(score => (max === min ? 100 : ((max - score) * 100) / (max - min)))
  }
}

/** The node with the highest score; among equals one by chance, so that no node is always the first. */
function best(
  nodes: readonly NodeInfo[],
  scores: readonly number[],
  random: () => number,
): NodeInfo | undefined {
  let top = -Infinity
  let equals: NodeInfo[] = []
  nodes.forEach((node, index) => {
    const score = Math.floor(scores[index] ?? 0)
    if (score > top) {
      top = score
      equals = [node]
    } else if (score === top) {
      equals.push(node)
    }
  })
  return equals[Math.floor(random() * equals.length)]
}
