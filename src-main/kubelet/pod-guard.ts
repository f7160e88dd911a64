import type { Pod } from '../api/types.ts'
import { errorMessage } from '../lib/errors.ts'
import { ContainerProblem } from './container-problem.ts'
import { podAddress, type NodeContext } from './node-context.ts'

/** Knows what a pod may talk to. */
export interface PodGuard {
  /**
   * Resolves once its server's rules hold what policies say about the pod at this address.
   * @throws while that is not possible
   */
  admit(pod: Pod, address: string): Promise<void>
}

/** Waits until a pod may begin: not a packet of it leaves before the rules about it are there. @throws ContainerProblem */
export async function guarded(node: NodeContext, pod: Pod): Promise<void> {
  const address = podAddress(node, pod)
  if (!node.guard || address === undefined) return
  await node.guard.admit(pod, address).catch((error: unknown) => {
    throw new ContainerProblem('ContainerCreating', errorMessage(error), error)
  })
}
