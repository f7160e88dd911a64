import { CLUSTER_LABEL } from '../engine/cluster-label.ts'

/** Labels on pods' containers, and what goes with them. */
export const LABEL = {
  cluster: CLUSTER_LABEL,
  podUid: 'io.coxswain.pod.uid',
  podNamespace: 'io.coxswain.pod.namespace',
  podName: 'io.coxswain.pod.name',
  container: 'io.coxswain.container',
  specHash: 'io.coxswain.spec-hash',
  /** The pod's address, so that it survives while the container is stopped. */
  podIp: 'io.coxswain.pod.ip',
  /** Id of the pause container whose namespaces a container shares. */
  sandbox: 'io.coxswain.sandbox',
  /** `restartCount` of the containers that this one took the place of. */
  restarts: 'io.coxswain.restarts',
  /** Which of the server's files is the container's `/dev/termination-log`. */
  terminationLog: 'io.coxswain.termination-log',
  /** terminationGracePeriodSeconds, for a pod whose object is gone. */
  gracePeriod: 'io.coxswain.pod.grace-period',
} as const

/** The pause container's name in `LABEL.container`, as the kubelet of old named it: no container can be called so. */
export const SANDBOX = 'POD'
