import { keyOf, parseKey } from '../../api/client.ts'
import { EndpointSliceKind } from '../../api/kinds/endpoint-slice.ts'
import { EndpointsKind } from '../../api/kinds/endpoints.ts'
import type { Kind } from '../../api/kinds/kind.ts'
import { PodKind } from '../../api/kinds/pod.ts'
import { ServiceKind } from '../../api/kinds/service.ts'
import type { EndpointSlice, KubeObject, NewObject, Pod, Service } from '../../api/types.ts'
import { equalJson } from '../../lib/json.ts'
import { hasLabels, requirementsOf } from '../../lib/labels.ts'
import { portions } from '../../lib/turn.ts'
import {
  changesOf,
  type Controller,
  type ControllerOptions,
  createReconciler,
} from '../runtime/controller.ts'
import { type PodEndpoint, podEndpoints } from './pod-endpoints.ts'
import {
  endpointsObject,
  MANAGED_BY,
  MIRROR_MANAGER,
  mirroredSlices,
  SERVICE_NAME,
  SLICE_MANAGER,
  sliceObjects,
} from './slices.ts'

/**
 * Writes down which pods serve a Service: EndpointSlices, which the network follows, and Endpoints, for tools of old.
 * A Service without a selector has what a person writes: slices with its label, or an Endpoints object, which is mirrored.
 */
export function createEndpointsController(options: ControllerOptions): Controller {
  const { client } = options
  return createReconciler({
    ...options,
    name: 'endpoints',
    sources: [
      changesOf(ServiceKind, service => [keyOf(service)]),
      changesOf(EndpointsKind, endpoints => [keyOf(endpoints)]),
      changesOf(EndpointSliceKind, slice => serviceOf(slice)),
      changesOf(
        PodKind,
        pod => servicesOf(pod),
        ({ object, previous }) => !previous || concerns(object, previous),
      ),
    ],
    async reconcile(key) {
      const { name, namespace = '' } = parseKey(key)
      const service = client.get(ServiceKind, name, namespace)
      const endpoints = service && hasSelector(service) ? await endpointsOf(service) : []
      const wanted = service && !service.metadata.deletionTimestamp ? wantedSlices(service, endpoints) : []
      await keepSlices(key, wanted.map(withFreeName))
      if (service && hasSelector(service)) {
        await write(EndpointsKind, endpointsObject(service, endpoints))
      } else if (!service) {
        // one that a person wrote for a Service to come has no slices of ours, and stays
        const old = client.get(EndpointsKind, name, namespace)
        if (old?.metadata.annotations?.[OURS]) await client.delete(EndpointsKind, { name, namespace })
      }
    },
  })

  function wantedSlices(service: Service, followed: readonly PodEndpoint[]): NewObject<EndpointSlice>[] {
    const { name, namespace } = service.metadata
    if (service.spec.type === 'ExternalName') return []
    if (hasSelector(service)) return sliceObjects(service, followed)
    const endpoints = client.get(EndpointsKind, name, namespace)
    return endpoints ? mirroredSlices(service, endpoints) : []
  }

  function endpointsOf(service: Service): Promise<PodEndpoint[]> {
    const labels = requirementsOf({ matchLabels: service.spec.selector })
    return podEndpoints(service, client.list(PodKind, { namespace: service.metadata.namespace, labels }))
  }

  function servicesOf({ metadata }: Pod): string[] {
    return client
      .list(ServiceKind, { namespace: metadata.namespace })
      .filter(service => hasSelector(service))
      .filter(({ spec }) => hasLabels(metadata.labels, spec.selector ?? {}))
      .map(keyOf)
  }

  /** The slice under its own name, or the next one that no slice of somebody else has. */
  function withFreeName(slice: NewObject<EndpointSlice>): NewObject<EndpointSlice> {
    const { name: first = '', namespace, labels } = slice.metadata
    const isAnothers = (name: string) => {
      const there = client.get(EndpointSliceKind, name, namespace)
      return there && [SERVICE_NAME, MANAGED_BY].some(key => there.metadata.labels?.[key] !== labels?.[key])
    }
    let name = first
    for (let next = 1; isAnothers(name); next++) name = `${first}.${next}`
    return { ...slice, metadata: { ...slice.metadata, name } }
  }

  async function keepSlices(key: string, wanted: readonly NewObject<EndpointSlice>[]): Promise<void> {
    const { name, namespace } = parseKey(key)
    // those of other managers (a person's, a controller's own) are not ours to delete
    const ours = client.list(EndpointSliceKind, {
      namespace,
      labels: [
        { key: SERVICE_NAME, operator: 'In', values: [name] },
        { key: MANAGED_BY, operator: 'In', values: [SLICE_MANAGER, MIRROR_MANAGER] },
      ],
    })
    const pause = portions()
    for (const slice of wanted) {
      await write(EndpointSliceKind, slice)
      await pause()
    }
    const names = new Set(wanted.map(({ metadata }) => metadata.name))
    for (const { metadata } of ours) {
      if (names.has(metadata.name)) continue
      await client.delete(EndpointSliceKind, metadata, { preconditions: { uid: metadata.uid } })
    }
  }

  /** Creates the object, or makes the one that is there like it; writes nothing when it is. */
  async function write<T extends KubeObject>(kind: Kind<T>, wanted: NewObject<T>): Promise<void> {
    const { name = '', namespace, labels, ownerReferences } = wanted.metadata
    const { metadata: _, ...content } = wanted
    if (!client.get(kind, name, namespace)) {
      const annotations = kind.plural === EndpointsKind.plural ? { [OURS]: 'true' } : undefined
      await client.create(kind, {
        ...wanted,
        metadata: { ...wanted.metadata, ...(annotations && { annotations }) },
      })
      return
    }
    await client.modify(kind, { name, namespace }, draft => {
      for (const field of ['subsets', 'endpoints', 'ports']) {
        if (!(field in content)) delete (draft as unknown as Record<string, unknown>)[field]
      }
      Object.assign(draft, content)
      if (labels) draft.metadata.labels = { ...labels }
      if (ownerReferences) draft.metadata.ownerReferences = ownerReferences
    })
  }
}

/** On an Endpoints object that follows a Service's selector. */
const OURS = 'coxswain.io/managed'

function hasSelector({ spec }: Service): boolean {
  return spec.type !== 'ExternalName' && Object.keys(spec.selector ?? {}).length > 0
}

function serviceOf({ metadata }: EndpointSlice): string[] {
  const name = metadata.labels?.[SERVICE_NAME]
  return name ? [`${metadata.namespace}/${name}`] : []
}

/** Leaves out what changes often and no endpoint shows: restarts, images, times. */
function concerns(now: Pod, before: Pod): boolean {
  const shown = ({ metadata, spec, status }: Pod) => [
    metadata.labels,
    metadata.deletionTimestamp,
    spec.nodeName,
    status?.podIP,
    status?.phase,
    status?.conditions?.find(({ type }) => type === 'Ready')?.status,
  ]
  return !equalJson(shown(now), shown(before))
}
