import { badRequest, invalid } from '../../lib/errors.ts'
import { equalJson, isJsonObject } from '../../lib/json.ts'
import { PodKind } from '../kinds/pod.ts'
import type { KubeObject, Pod } from '../types.ts'
import { contentTypeOf, parseBody, readBody } from './body.ts'
import type { Exchange } from './exchange.ts'
import { writeOptions } from './options.ts'
import { handleGet, requireObject } from './read.ts'
import { sendJson } from './respond.ts'
import type { ResourceTarget } from './target.ts'
import { handleUpdate, type Writer } from './write.ts'

type EphemeralContainers = NonNullable<Pod['spec']['ephemeralContainers']>

const LEGACY_KIND = 'EphemeralContainers'

/** kubectl up to 1.21 knows a kind of its own here; since then it is the pod. */
const LEGACY_CLIENT = /^kubectl\/v1\.(1\d|2[01])\./

/** GET of `pods/NAME/ephemeralcontainers`. */
export async function handleGetEphemeral(exchange: Exchange, target: ResourceTarget): Promise<void> {
  if (!LEGACY_CLIENT.test(exchange.request.headers['user-agent'] ?? '')) return handleGet(exchange, target)
  await sendJson(exchange, 200, legacyForm(requireObject(exchange, target) as Pod))
}

/** PUT of it, as a pod or in the form of old clients. */
export async function handlePutEphemeral(exchange: Exchange, target: ResourceTarget): Promise<void> {
  if (!LEGACY_CLIENT.test(exchange.request.headers['user-agent'] ?? '')) {
    return handleUpdate(exchange, target, ephemeralWriter(exchange, target))
  }
  const { value } = await parseBody(contentTypeOf(exchange.request), await readBody(exchange.request))
  if (!isJsonObject(value) || value.kind !== LEGACY_KIND || !isJsonObject(value.metadata))
    throw badRequest(`the body must be of kind ${LEGACY_KIND}`)
  const writer = ephemeralWriter(exchange, target)
  const pod = writer.read() as Pod
  const { resourceVersion = pod.metadata.resourceVersion } = value.metadata as { resourceVersion?: string }
  const document: Pod = {
    ...pod,
    metadata: { ...pod.metadata, resourceVersion },
    spec: { ...pod.spec, ephemeralContainers: value.ephemeralContainers as EphemeralContainers },
  }
  const written = await writer.write(document, writeOptions(exchange.query))
  await sendJson(exchange, 200, legacyForm(written as Pod))
}

/** Writes a pod's ephemeral containers: they can be added, and never changed or taken away. */
export function ephemeralWriter(exchange: Exchange, target: ResourceTarget): Writer {
  const read = () => requireObject(exchange, target)
  return {
    read,
    async write(document: KubeObject, options) {
      requireAdditions(document as Pod, read() as Pod)
      return exchange.services.registry.updateEphemeralContainers(PodKind, document as Pod, options)
    },
  }
}

/** Source: kubernetes pkg/apis/core/validation, ValidatePodEphemeralContainersUpdate. @throws StatusError Invalid */
function requireAdditions(now: Pod, before: Pod): void {
  const added = now.spec?.ephemeralContainers ?? []
  const causes = (before.spec.ephemeralContainers ?? []).flatMap(container => {
    const kept = Array.isArray(added) && added.find(({ name }) => name === container.name)
    if (kept && equalJson({ ...container, ...kept }, container)) return []
    const what = kept ? 'may not be changed' : 'may not be removed'
    const message = `Forbidden: existing ephemeral containers "${container.name}" ${what}`
    return [{ reason: 'FieldValueForbidden', message, field: 'spec.ephemeralContainers' }]
  })
  if (causes.length > 0)
    throw invalid({ group: '', resource: 'pods', kind: 'Pod' }, now.metadata.name, causes)
}

function legacyForm({ metadata, spec }: Pod): object {
  return {
    kind: LEGACY_KIND,
    apiVersion: 'v1',
    metadata,
    ephemeralContainers: spec.ephemeralContainers ?? [],
  }
}
