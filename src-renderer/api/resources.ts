/** A kind as it is addressed on the wire. */
export interface Resource {
  /** The plural in the URL; also this window's name for the kind. */
  plural: string
  apiVersion: string
  kind: string
  namespaced: boolean
}

function resource(apiVersion: string, kind: string, plural: string, namespaced = true): Resource {
  return Object.freeze({ apiVersion, kind, plural, namespaced })
}

/** Every kind the window knows, by its plural. */
export const resources = Object.freeze({
  namespaces: resource('v1', 'Namespace', 'namespaces', false),
  nodes: resource('v1', 'Node', 'nodes', false),
  pods: resource('v1', 'Pod', 'pods'),
  services: resource('v1', 'Service', 'services'),
  endpointslices: resource('discovery.k8s.io/v1', 'EndpointSlice', 'endpointslices'),
  ingresses: resource('networking.k8s.io/v1', 'Ingress', 'ingresses'),
  configmaps: resource('v1', 'ConfigMap', 'configmaps'),
  secrets: resource('v1', 'Secret', 'secrets'),
  events: resource('v1', 'Event', 'events'),
  deployments: resource('apps/v1', 'Deployment', 'deployments'),
  replicasets: resource('apps/v1', 'ReplicaSet', 'replicasets'),
  servers: resource('coxswain.io/v1alpha1', 'Server', 'servers', false),
})

export type ResourceName = keyof typeof resources

export function isResourceName(text: string): text is ResourceName {
  return Object.hasOwn(resources, text)
}

/** The window's own entry for an apiVersion and kind, or undefined for a kind it has no page for. */
export function findResource(apiVersion: string, kind: string): Resource | undefined {
  return Object.values(resources).find(entry => entry.apiVersion === apiVersion && entry.kind === kind)
}

/** `/api/v1` or `/apis/GROUP/VERSION`. */
export function groupPath(apiVersion: string): string {
  return apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
}

/** The URL path of a collection: over all namespaces when none is given. */
export function collectionPath(of: Resource, namespace?: string): string {
  const scope = of.namespaced && namespace ? `/namespaces/${encodeURIComponent(namespace)}` : ''
  return `${groupPath(of.apiVersion)}${scope}/${of.plural}`
}

/** The URL path of one object, or of one of its subresources. */
export function objectPath(
  of: Resource,
  object: { name: string; namespace?: string | undefined },
  subresource?: string,
): string {
  const path = `${collectionPath(of, object.namespace)}/${encodeURIComponent(object.name)}`
  return subresource ? `${path}/${subresource}` : path
}
