/** What Coxswain does with the objects of a kind. */
export type Honoured = 'acted upon' | 'stored'

export interface HonouredKind {
  honoured: Honoured
  /** What is done; for `stored`: what does not happen yet. It reads on after the kind's name. */
  what: string
}

const acted = (what: string): HonouredKind => ({ honoured: 'acted upon', what })
const stored = (what: string): HonouredKind => ({ honoured: 'stored', what })

const NOT_RUN = 'is stored, but no pods are made of it yet'
const NOT_MOUNTED = 'is stored, but no volume is made or bound yet'
const NO_CSI = 'is stored, but no CSI driver is called'
const NO_RBAC = 'is stored, but not looked at: whoever may use the API may do everything'

/**
 * What is honoured, for each kind by its resource: the one place that knows, for the warnings, the events, `cox kinds`
 * and docs/manifests.md. Whoever writes a kind's controller changes its line here. Kinds that are refused are in
 * `refused.ts`, the fields of pods without effect in `honoured.ts`.
 */
export const honouredKinds: Readonly<Record<string, HonouredKind>> = {
  namespaces: acted('keeps objects apart; deleting it deletes what is in it'),
  nodes: acted('one for each connected Server, of the same name'),
  pods: acted('runs on a server'),
  'replicasets.apps': acted('keeps a number of pods'),
  'deployments.apps': acted('rolls out, pauses, undoes'),
  configmaps: acted('environment and files of pods'),
  secrets: acted('environment and files of pods, passwords of registries; encrypted on disk'),
  services: acted('gives pods one address and one name on all servers'),
  serviceaccounts: acted('gives its pull secrets to no pod yet; pods get no token for the API'),
  events: acted('tells what happened'),
  'servers.coxswain.io': acted('says how a server is reached'),
  'customresourcedefinitions.apiextensions.k8s.io': acted('adds a kind of your own to the API'),
  'priorityclasses.scheduling.k8s.io': acted('gives pods their priority; no pod makes another one leave'),
  'leases.coordination.k8s.io': acted('is for clients that agree on a leader'),
  'controllerrevisions.apps': acted('keeps a version of something; its owner acts on it'),
  podtemplates: acted('keeps a template; others may use it'),
  'statefulsets.apps': stored(NOT_RUN),
  'daemonsets.apps': stored(NOT_RUN),
  replicationcontrollers: stored(`${NOT_RUN} (use a Deployment)`),
  'jobs.batch': stored(NOT_RUN),
  'cronjobs.batch': stored('is stored, but no jobs are made of it yet'),
  'horizontalpodautoscalers.autoscaling': stored('is stored, but nothing is scaled by it yet'),
  'poddisruptionbudgets.policy': stored('is stored, but evictions do not look at it yet'),
  'ingresses.networking.k8s.io': acted('leads HTTP and HTTPS requests from every server to Services'),
  'ingressclasses.networking.k8s.io': acted('says who answers for an Ingress: coxswain.io/ingress is ours'),
  'networkpolicies.networking.k8s.io': acted('says who may talk to pods and whom they may talk to'),
  endpoints: acted('says where a Service sends to; written for Services with a selector'),
  'endpointslices.discovery.k8s.io': acted('says where a Service sends to, the servers follow it'),
  persistentvolumes: stored(NOT_MOUNTED),
  persistentvolumeclaims: stored(NOT_MOUNTED),
  'storageclasses.storage.k8s.io': stored(NOT_MOUNTED),
  'volumeattachments.storage.k8s.io': stored(NO_CSI),
  'csidrivers.storage.k8s.io': stored(NO_CSI),
  'csinodes.storage.k8s.io': stored(NO_CSI),
  'csistoragecapacities.storage.k8s.io': stored(NO_CSI),
  'volumeattributesclasses.storage.k8s.io': stored(NO_CSI),
  'runtimeclasses.node.k8s.io': stored("is stored, but every pod runs on the server's default runtime"),
  resourcequotas: stored('is stored, but not enforced yet'),
  limitranges: stored('is stored, but not applied to pods yet'),
  'roles.rbac.authorization.k8s.io': stored(NO_RBAC),
  'clusterroles.rbac.authorization.k8s.io': stored(NO_RBAC),
  'rolebindings.rbac.authorization.k8s.io': stored(NO_RBAC),
  'clusterrolebindings.rbac.authorization.k8s.io': stored(NO_RBAC),
}
