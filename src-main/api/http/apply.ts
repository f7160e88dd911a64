import { badRequest, conflict, invalid, isStatusError, notFound, StatusError } from '../../lib/errors.ts'
import { formatTime } from '../../lib/clock.ts'
import { isJsonObject, type JsonObject } from '../../lib/json.ts'
import { inSteps, portions } from '../../lib/turn.ts'
import { apiVersionOf } from '../kinds/kind.ts'
import { applyConfiguration, type Writing } from '../patch/apply/ownership.ts'
import { handleUnknownFields } from '../registry/admit.ts'
import { CameBetween } from '../registry/contention.ts'
import type { RequestOptions } from '../registry/request.ts'
import { replicasIn, scaleOf } from '../registry/scale.ts'
import { requireSameKey } from '../registry/update.ts'
import type { KubeObject } from '../types.ts'
import { dropAbsent, dropNulls, validateStructure } from '../validation/structural.ts'
import type { Exchange } from './exchange.ts'
import { printed } from './printed.ts'
import { sendObject } from './read.ts'
import type { ResourceTarget } from './target.ts'

export const APPLY_TYPE = 'application/apply-patch+yaml'

const SCALE = { group: 'autoscaling', plural: 'scales', apiVersion: 'autoscaling/v1', kind: 'Scale' } as const

/** A configuration as it came, and how it is to be applied. */
interface Application {
  config: KubeObject
  options: RequestOptions
  force: boolean
  writing: Omit<Writing, 'time'>
}

/**
 * PATCH with a configuration to apply, of an object, its status or its scale. An object that is not there is created.
 * @param config the body, read
 * @throws StatusError Conflict when other managers own what would change and the request does not force it
 */
export async function handleApply(
  exchange: Exchange,
  target: ResourceTarget,
  { config, options }: { config: KubeObject; options: RequestOptions },
): Promise<void> {
  const { kind, subresource } = target
  if (subresource !== '' && subresource !== 'status' && subresource !== 'scale') {
    throw new StatusError(
      'UnsupportedMediaType',
      `${kind.plural}/${subresource} cannot be applied: use a merge patch`,
    )
  }
  const manager = exchange.query.get('fieldManager')
  if (!manager) throw required('fieldManager', 'is required for apply patch')
  const force = exchange.query.get('force')
  const application: Application = {
    config:
      subresource === 'scale'
        ? readScale(exchange, target, config)
        : readConfiguration(target, config, options),
    options,
    force: force === 'true' || force === '1',
    writing: { manager, ...(subresource ? { subresource } : {}) },
  }
  const { services, warnings } = exchange
  const { registry } = services
  const given = warnings.length
  const { object, code } = await registry.writeInTurn(kind, target, () => {
    warnings.length = given
    options.pause = portions()
    const stored = registry.get(kind, target.name, target.namespace)
    return stored ? applyTo(exchange, target, stored, application) : applyNew(exchange, target, application)
  })
  const answer =
    subresource === 'scale' && kind.scale ? (scaleOf(kind.scale, object) as unknown as KubeObject) : object
  await sendObject(exchange, code, printed(target), answer)
}

/** The part of the body that may be applied here, without what it must not say. */
function readConfiguration(target: ResourceTarget, body: KubeObject, options: RequestOptions): KubeObject {
  const { kind, subresource } = target
  dropAbsent(kind, body)
  if (!body.apiVersion || !body.kind) {
    throw badRequest('the configuration must have apiVersion and kind: they say whose fields it names')
  }
  requireSameKey(kind, body, target)
  const { managedFields, ...metadata } = body.metadata
  if (managedFields !== undefined) throw badRequest('metadata.managedFields must be nil')
  const { status, ...rest } = { ...body, metadata } as KubeObject & { status?: unknown }
  const hasStatus = kind.subresources.includes('status')
  const config = (
    subresource === 'status'
      ? {
          apiVersion: body.apiVersion,
          kind: body.kind,
          metadata,
          ...(status === undefined ? {} : { status }),
        }
      : hasStatus || status === undefined
        ? rest
        : { ...rest, status }
  ) as KubeObject
  handleUnknownFields(kind, validateStructure(kind, config), options)
  return config
}

/**
 * A Scale to apply, as what it says about the object itself: who applies it owns the number of replicas there, which
 * everybody sees.
 */
function readScale(
  { services }: Exchange,
  { kind, name, namespace }: ResourceTarget,
  body: KubeObject,
): KubeObject {
  dropNulls(body)
  if (body.apiVersion !== SCALE.apiVersion || body.kind !== SCALE.kind) {
    throw badRequest('the configuration must be a Scale of autoscaling/v1')
  }
  const stored = services.registry.get(kind, name, namespace)
  if (!stored || !kind.scale) throw notFound({ group: kind.group, resource: kind.plural }, name)
  requireSameKey({ ...kind, ...SCALE }, body, { name, namespace })
  const { uid, resourceVersion } = body.metadata
  const metadata = {
    name,
    ...(namespace ? { namespace } : {}),
    ...(uid ? { uid } : {}),
    ...(resourceVersion ? { resourceVersion } : {}),
  }
  const config = { apiVersion: apiVersionOf(kind), kind: kind.kind, metadata } as KubeObject
  const { spec } = body as { spec?: { replicas?: unknown } }
  // without a number this manager gives it up
  if (spec?.replicas !== undefined)
    kind.scale.setReplicas(Object.assign(config, { spec: {} }), replicasIn(kind, stored, body))
  return config
}

async function applyNew(
  { services }: Exchange,
  target: ResourceTarget,
  { config, options, force, writing }: Application,
): Promise<{ object: KubeObject; code: number }> {
  const { kind, name, subresource } = target
  const { uid, resourceVersion } = config.metadata
  const absent = { group: kind.group, resource: kind.plural }
  if (subresource) {
    throw new StatusError('NotFound', `${kind.plural} "${name}" not found`, { details: { name } })
  }
  if (uid) {
    throw conflict(
      absent,
      name,
      `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`,
    )
  }
  if (resourceVersion) {
    throw conflict(absent, name, 'resourceVersion was given, and no existing object was found')
  }
  const time = formatTime(services.clock.now())
  const applying = applyConfiguration(kind, { config, force }, { ...writing, time })
  const { managedFields } = await inSteps(applying, options.pause)
  try {
    return { object: await services.registry.create(kind, config, { ...options, managedFields }), code: 201 }
  } catch (error) {
    throw isStatusError(error, 'AlreadyExists') ? new CameBetween(error) : error
  }
}

async function applyTo(
  { services }: Exchange,
  { kind, name, subresource }: ResourceTarget,
  stored: KubeObject,
  { config, options, force, writing }: Application,
): Promise<{ object: KubeObject; code: number }> {
  const { resourceVersion } = config.metadata
  if (resourceVersion && resourceVersion !== stored.metadata.resourceVersion) {
    throw conflict({ group: kind.group, resource: kind.plural }, name)
  }
  const applying = applyConfiguration(
    kind,
    { live: stored, config: withoutVersion(config), force },
    { ...writing, time: formatTime(services.clock.now()) },
  )
  const { object, managedFields } = await inSteps(applying, options.pause)
  const metadata = isJsonObject(object.metadata) ? object.metadata : {}
  const { uid } = config.metadata
  const merged = {
    ...object,
    metadata: { ...metadata, ...(uid ? { uid } : {}), resourceVersion: stored.metadata.resourceVersion },
  } as unknown as KubeObject
  const write = subresource === 'status' ? 'updateStatus' : 'update'
  try {
    return {
      object: await services.registry[write](kind, merged, { ...options, managedFields }),
      code: 200,
    }
  } catch (error) {
    const { uid: storedUid } = stored.metadata
    const isOurs = resourceVersion !== undefined || (uid !== undefined && uid !== storedUid)
    if (isStatusError(error, 'Conflict') && !isOurs) throw new CameBetween(error)
    throw error
  }
}

function withoutVersion(config: KubeObject): object {
  const {
    resourceVersion: _resourceVersion,
    uid: _uid,
    ...metadata
  } = config.metadata as unknown as JsonObject
  return { ...config, metadata }
}

function required(field: string, why: string): StatusError {
  return invalid({ group: 'meta.k8s.io', resource: 'patchoptions', kind: 'PatchOptions' }, '', [
    { reason: 'FieldValueRequired', message: `Required value: ${why}`, field },
  ])
}
