/**
 * What the ingress saw while a revision was rolled out, as annotations of its ReplicaSet: history keeps them. They are
 * absent where no Ingress leads to the pods.
 */
export const ROLLOUT_STARTED = 'coxswain.io/rollout-started'
/** Absent while requests are being counted. */
export const ROLLOUT_FINISHED = 'coxswain.io/rollout-finished'
/** Requests that were answered with a status of 500 to 599; also on the Deployment, of its current revision. */
export const ROLLOUT_FAILED_REQUESTS = 'coxswain.io/rollout-failed-requests'
/** Servers whose ingress could not be asked last, so that the count may lack theirs; also on the Deployment. */
export const ROLLOUT_UNCOUNTED = 'coxswain.io/rollout-uncounted-servers'

export const ROLLOUT_ANNOTATIONS: readonly string[] = [
  ROLLOUT_STARTED,
  ROLLOUT_FINISHED,
  ROLLOUT_FAILED_REQUESTS,
  ROLLOUT_UNCOUNTED,
]

/** Pods that a Service may lead to. */
export interface PodGroup {
  namespace: string
  labels: Readonly<Record<string, string>>
}

/** What all ingress servers together know. */
export interface FailedRequests {
  /** How many, by the status of the answer. */
  byStatus: ReadonlyMap<number, number>
  /** Servers that could not be asked. */
  uncounted: readonly string[]
}

/** Ms since the epoch; the end may be Infinity. */
export interface Period {
  sinceMs: number
  untilMs: number
}

/**
 * Requests to these pods that failed at the ingress in that time.
 * @returns undefined when no Ingress leads to such pods
 */
export type CountFailedRequests = (pods: PodGroup, period: Period) => Promise<FailedRequests | undefined>
