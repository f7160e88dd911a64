import { notFound, StatusError } from '../../lib/errors.ts'
import { NodeKind } from '../kinds/node.ts'
import { PodKind } from '../kinds/pod.ts'
import type { Kind } from '../kinds/kind.ts'
import { METRICS_GROUP, METRICS_VERSION, metricsList, nodeMetrics, podMetrics } from '../metrics/documents.ts'
import type { MetricsSource } from '../metrics/metrics-source.ts'
import type { KubeObject, Node, Pod } from '../types.ts'
import type { Exchange } from './exchange.ts'
import { sendJson } from './respond.ts'
import { filterOf, select } from './selectors.ts'

/** Pods or nodes as metrics.k8s.io shows them. */
interface Measured<T extends KubeObject> {
  kind: Kind<T>
  metrics: 'PodMetrics' | 'NodeMetrics'
  /** Undefined where nothing was measured. */
  measure(source: MetricsSource, object: T): Promise<object | undefined>
}

const pods: Measured<Pod> = {
  kind: PodKind,
  metrics: 'PodMetrics',
  async measure(source, pod) {
    const usage = await source.pod(pod)
    return usage && podMetrics(pod, usage)
  },
}

const nodes: Measured<Node> = {
  kind: NodeKind,
  metrics: 'NodeMetrics',
  async measure(source, node) {
    const usage = await source.node(node.metadata.name)
    return usage && nodeMetrics(node, usage)
  },
}

/**
 * Answers `/apis/metrics.k8s.io/v1beta1/…`: nodes, pods, and pods of a namespace; lists and single ones. False when the
 * path is none of these.
 * @throws StatusError NotFound for one that is not measured, as metrics-server
 */
export async function handleMetrics(exchange: Exchange): Promise<boolean> {
  const [root, group, version, ...rest] = exchange.path
  if (root !== 'apis' || group !== METRICS_GROUP || version !== METRICS_VERSION || rest.length === 0)
    return false
  const [namespace, plural, name, ...more] = rest[0] === 'namespaces' ? rest.slice(1) : [undefined, ...rest]
  if (more.length > 0) return false
  if (plural === 'pods' && (name === undefined || namespace !== undefined)) {
    await answer(exchange, pods, { namespace, name })
    return true
  }
  if (plural !== 'nodes' || namespace !== undefined) return false
  await answer(exchange, nodes, { namespace, name })
  return true
}

async function answer<T extends KubeObject>(
  exchange: Exchange,
  { kind, metrics, measure }: Measured<T>,
  { namespace, name }: { namespace: string | undefined; name: string | undefined },
): Promise<void> {
  const { method, query, services } = exchange
  if (method !== 'GET' && method !== 'HEAD')
    throw new StatusError('MethodNotAllowed', `metrics can only be read, not be written with ${method}`)
  const source = services.metrics
  if (!source) throw new StatusError('ServiceUnavailable', 'nothing is measured here')
  if (name === undefined) {
    const filter = filterOf(kind as unknown as Kind, namespace, query)
    const objects = select(services.registry.list(kind as unknown as Kind, filter.selection), filter) as T[]
    const items = await Promise.all(objects.map(object => measure(source, object)))
    await sendJson(
      exchange,
      200,
      metricsList(
        metrics,
        items.filter(item => item !== undefined),
      ),
    )
    return
  }
  const object = services.registry.get(kind, name, namespace)
  const item = object && (await measure(source, object))
  if (!item) throw notFound({ group: METRICS_GROUP, resource: kind.plural }, key(namespace, name))
  await sendJson(exchange, 200, item)
}

/** metrics-server names a pod with its namespace. */
function key(namespace: string | undefined, name: string): string {
  return namespace === undefined ? name : `${namespace}/${name}`
}
