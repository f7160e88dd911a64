import type { Container, Pod } from '../api/types.ts'
import type { EngineContainer } from '../engine/engine.ts'
import { errorMessage } from '../lib/errors.ts'
import { LABEL } from './container-labels.ts'
import { podTarget, type NodeContext } from './node-context.ts'
import { runHook } from './probes/lifecycle-hook.ts'

/** A process gets at least so long between its stop signal and SIGKILL, however long its preStop hook took. */
const MIN_GRACE_SECONDS = 2

export interface Ending {
  /** Undefined when its object is gone: then there is no hook to run. */
  pod: Pod | undefined
  /** Ms since the epoch when the grace is over; 0: there is none. */
  until: number
  /** Aborted when the hook must not be waited for any longer. */
  hurry?: AbortSignal
}

/**
 * Ends one container as Kubernetes does: its preStop hook, which counts towards the grace, then its stop signal, then
 * SIGKILL when the grace is over.
 * Source: kubernetes pkg/kubelet/kuberuntime/kuberuntime_container.go killContainer.
 */
export async function endContainer(
  node: NodeContext,
  container: EngineContainer,
  { pod, until, hurry }: Ending,
): Promise<void> {
  const spec = pod && specOf(pod, container)
  if (pod && spec && until > 0 && container.state === 'running') {
    await runPreStop(node, { pod, spec, container, until, hurry })
  }
  const left = Math.ceil((until - node.clock.now()) / 1000)
  const timeoutSeconds = until === 0 ? 0 : Math.max(MIN_GRACE_SECONDS, left)
  await node.engine.stopContainer(container.id, { timeoutSeconds })
}

function specOf({ spec }: Pod, { labels }: EngineContainer): Container | undefined {
  return [...spec.containers, ...(spec.initContainers ?? [])].find(
    ({ name }) => name === labels[LABEL.container],
  )
}

interface PreStop {
  pod: Pod
  spec: Container
  container: EngineContainer
  until: number
  hurry?: AbortSignal
}

async function runPreStop(node: NodeContext, { pod, spec, container, until, hurry }: PreStop): Promise<void> {
  const hook = spec.lifecycle?.preStop
  const target = podTarget(node, pod, spec, container.id)
  if (!hook || !target) return
  const over = new AbortController()
  const cancel = node.clock.after(Math.max(0, until - node.clock.now()), () => over.abort())
  const signal = AbortSignal.any([over.signal, node.signal, ...(hurry ? [hurry] : [])])
  const ended = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('it was not done when the grace was over')))
    if (signal.aborted) reject(new Error('the grace is over'))
  })
  try {
    await Promise.race([runHook(target, hook, { clock: node.clock, signal }), ended])
  } catch (error) {
    if (node.signal.aborted) throw error
    node.events.event(pod, 'Warning', 'FailedPreStopHook', `PreStopHook failed: ${errorMessage(error)}`)
  } finally {
    cancel()
    over.abort()
  }
}
