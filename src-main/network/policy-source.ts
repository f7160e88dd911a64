import type { Client, WatchEvent } from '../api/client.ts'
import { NamespaceKind } from '../api/kinds/namespace.ts'
import { NetworkPolicyKind } from '../api/kinds/network-policy.ts'
import { PodKind } from '../api/kinds/pod.ts'
import type { Pod } from '../api/types.ts'
import { type Dispose, Disposers } from '../lib/disposer.ts'
import { policyPods, selects, type PolicyObjects } from './plan/policies.ts'

/** The objects that the rules of NetworkPolicies are made of, and where new pods are, which their status tells late. */
export class PolicySource {
  readonly #client: Client
  /** Addresses by uid, until the pod's status has them. */
  readonly #placed = new Map<string, string>()
  /** Addresses by uid of the pods that have waited for their rules. */
  readonly #admitted = new Map<string, string>()

  constructor(client: Client) {
    this.#client = client
  }

  /** Nothing is looked at where there is no policy. */
  objects(): PolicyObjects {
    const policies = this.#client.list(NetworkPolicyKind)
    if (policies.length === 0) return { policies, namespaces: [], pods: [] }
    const pods = policyPods(this.#client.list(PodKind), this.#placed)
    return { policies, namespaces: this.#client.list(NamespaceKind), pods }
  }

  /** Calls `changed` when the rules may have to be others. */
  watch(changed: () => void): Dispose {
    const disposers = new Disposers()
    const changedIfUsed = () => {
      if (this.#client.list(NetworkPolicyKind).length > 0) changed()
    }
    disposers.add(this.#client.watch(NetworkPolicyKind, changed))
    disposers.add(
      this.#client.watch(NamespaceKind, ({ type, object, previous }) => {
        if (type !== 'MODIFIED' || !sameLabels(object, previous)) changedIfUsed()
      }),
    )
    disposers.add(
      this.#client.watch(PodKind, event => {
        const { metadata, status } = event.object
        const isGone = event.type === 'DELETED'
        if (isGone) this.#admitted.delete(metadata.uid)
        if (isGone || status?.podIP === this.#placed.get(metadata.uid)) this.#placed.delete(metadata.uid)
        if (concernsPolicies(event)) changedIfUsed()
      }),
    )
    return () => disposers.disposeAll()
  }

  /** A pod is about to begin at this address. @returns whether that is news */
  place({ metadata: { uid }, status }: Pod, address: string): boolean {
    const isNew = (this.#placed.get(uid) ?? status?.podIP) !== address
    if (isNew) this.#placed.set(uid, address)
    return isNew
  }

  /** Whether a pod must not begin at this address before the rules are there: a policy is about it. */
  mustWait({ metadata, spec }: Pod, address: string): boolean {
    if (spec.hostNetwork || this.#admitted.get(metadata.uid) === address) return false
    const policies = this.#client.list(NetworkPolicyKind, { namespace: metadata.namespace })
    return policies.some(policy => selects(policy, metadata.labels))
  }

  /** The rules about the pod are there; as long as it has this address, so they remain. */
  admit({ metadata: { uid } }: Pod, address: string): void {
    this.#admitted.set(uid, address)
  }
}

/** Most changes of pods are of their status alone, and come often. */
function concernsPolicies({ type, object, previous }: WatchEvent<Pod>): boolean {
  if (type !== 'MODIFIED' || !previous) return true
  const { status: now } = object
  const { status: before } = previous
  return now?.podIP !== before?.podIP || now?.phase !== before?.phase || !sameLabels(object, previous)
}

type Labelled = Pick<Pod, 'metadata'>

function sameLabels(a: Labelled, b: Labelled | undefined): boolean {
  const sorted = (object: Labelled | undefined) => Object.entries(object?.metadata.labels ?? {}).sort()
  return JSON.stringify(sorted(a)) === JSON.stringify(sorted(b))
}
