import { badRequest, conflict, invalid, isStatusError, StatusError } from '../../lib/errors.ts'
import { equalJson, isJsonObject } from '../../lib/json.ts'
import { portions } from '../../lib/turn.ts'
import { applyPatch } from '../patch/patch.ts'
import { strictDecodingError } from '../registry/admit.ts'
import { CameBetween } from '../registry/contention.ts'
import type { RequestOptions } from '../registry/request.ts'
import { requireSameKey } from '../registry/update.ts'
import type { KubeObject } from '../types.ts'
import { APPLY_TYPE, handleApply } from './apply.ts'
import { type Body, contentTypeOf, LARGE_BODY_BYTES, parseBody, parseJson, readBody } from './body.ts'
import type { Exchange } from './exchange.ts'
import { sift } from './large-body.ts'
import { writeOptions } from './options.ts'
import { printed } from './printed.ts'
import { acceptedForm, requireObject, sendObject } from './read.ts'
import type { ResourceTarget } from './target.ts'

/** What one part of an object (itself, its status, its scale) does with a write. */
export interface Writer {
  /** The stored document that the part stands for. @throws StatusError NotFound */
  read(): KubeObject
  write(document: KubeObject, options: RequestOptions): Promise<KubeObject>
}

/** POST to a collection. */
export async function handleCreate(exchange: Exchange, { kind, namespace }: ResourceTarget): Promise<void> {
  acceptedForm(exchange)
  const options = requestOptions(exchange)
  const object = await readObject(exchange, kind, options)
  if (kind.namespaced) {
    if (namespace === undefined) throw badRequest('the namespace is missing in the address')
    const { metadata } = object
    if (metadata.namespace && metadata.namespace !== namespace) {
      throw badRequest(
        'the namespace of the provided object does not match the namespace sent on the request',
      )
    }
    metadata.namespace = namespace
  }
  const created = await exchange.services.registry.create(kind, object, options)
  exchange.created = { name: created.metadata.name, uid: created.metadata.uid }
  await sendObject(exchange, 201, kind, created)
}

/** PUT. */
export async function handleUpdate(
  exchange: Exchange,
  target: ResourceTarget,
  writer: Writer,
): Promise<void> {
  acceptedForm(exchange)
  const options = requestOptions(exchange)
  const object = await readObject(exchange, target.kind, options)
  requireKeyOfAddress(object, target)
  await sendObject(exchange, 200, printed(target), await writer.write(object, options))
}

/** What the body leaves out is taken from the address. Source of the words: apiserver pkg/endpoints/handlers/rest.go, checkName. */
function requireKeyOfAddress({ metadata }: KubeObject, { kind, name, namespace }: ResourceTarget): void {
  metadata.name ||= name
  if (metadata.name !== name) {
    throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${name})`)
  }
  if (!kind.namespaced) return
  metadata.namespace ||= namespace
  if (metadata.namespace !== namespace) {
    throw badRequest(
      `the namespace of the object (${metadata.namespace}) does not match the namespace on the request (${namespace})`,
    )
  }
}

/** PATCH, in any of its formats. */
export async function handlePatch(exchange: Exchange, target: ResourceTarget, writer: Writer): Promise<void> {
  acceptedForm(exchange)
  const options = requestOptions(exchange)
  const { kind } = target
  const contentType = contentTypeOf(exchange.request)
  const bytes = await readBody(exchange.request)
  const body = await (contentType === APPLY_TYPE ? parseBody('application/yaml', bytes) : parseJson(bytes))
  handleDuplicates(kind, body, options)
  if (contentType === APPLY_TYPE) {
    await handleApply(exchange, target, { config: asObject(body.value), options })
    return
  }
  if (exchange.query.has('force')) throw forceWithoutApply()
  const fixed =
    isJsonObject(body.value) && isJsonObject(body.value.metadata) && body.value.metadata.resourceVersion
  const { services, warnings } = exchange
  const { registry } = services
  const given = warnings.length
  const written = await registry.writeInTurn(kind, target, async () => {
    warnings.length = given
    const stored = writer.read()
    const { resourceVersion } = stored.metadata
    if (typeof fixed === 'string' && fixed && fixed !== resourceVersion) {
      throw conflict({ group: kind.group, resource: kind.plural }, target.name)
    }
    const pause = (options.pause = portions())
    const patched = await applyPatch(kind, contentType, { target: stored, patch: body.value, pause })
    await pause()
    const object = asObject(patched)
    requireSameKey(kind, object, target)
    if (equalJson(object, stored)) return stored
    await pause()
    object.metadata.resourceVersion ||= resourceVersion
    try {
      return await writer.write(object, options)
    } catch (error) {
      throw isStatusError(error, 'Conflict') && !fixed ? new CameBetween(error) : error
    }
  })
  await sendObject(exchange, 200, printed(target), written)
}

/** Source: apimachinery pkg/apis/meta/v1/validation, ValidatePatchOptions. */
function forceWithoutApply(): StatusError {
  return invalid({ group: 'meta.k8s.io', resource: 'patchoptions', kind: 'PatchOptions' }, '', [
    {
      reason: 'FieldValueForbidden',
      message: 'Forbidden: may not be specified for non-apply patch',
      field: 'force',
    },
  ])
}

/** The writer of an object as a whole, of its status, or of a Namespace's finalizers. */
export function objectWriter(
  exchange: Exchange,
  target: ResourceTarget,
  method: 'update' | 'updateStatus' | 'finalize',
): Writer {
  const { registry } = exchange.services
  return {
    read: () => requireObject(exchange, target),
    write: (document, options) => registry[method](target.kind, document, options),
  }
}

function requestOptions({ query, request, warnings }: Exchange): RequestOptions {
  const options = writeOptions(query)
  return {
    ...options,
    // As kube-apiserver: `kubectl/v1.20.2 (linux/amd64) …` writes as `kubectl`.
    fieldManager: options.fieldManager ?? request.headers['user-agent']?.split('/')[0]?.slice(0, 128),
    warn: text => warnings.push(text),
  }
}

async function readObject(
  exchange: Exchange,
  kind: ResourceTarget['kind'],
  options: RequestOptions,
): Promise<KubeObject> {
  const bytes = await readBody(exchange.request)
  const body = await parseBody(contentTypeOf(exchange.request), bytes)
  handleDuplicates(kind, body, options)
  options.pause = portions()
  if (bytes.length > LARGE_BODY_BYTES && isJsonObject(body.value)) {
    await sift(kind, body.value as unknown as KubeObject, options)
  }
  return asObject(body.value)
}

function handleDuplicates(kind: ResourceTarget['kind'], { duplicates }: Body, options: RequestOptions): void {
  if (duplicates.length === 0) return
  if (options.fieldValidation === 'Strict') throw strictDecodingError(kind, duplicates)
  if (options.fieldValidation === 'Warn') for (const text of duplicates) options.warn?.(text)
}

/** The least that an object needs so that the registry can look at it. */
function asObject(value: unknown): KubeObject {
  if (!isJsonObject(value)) throw badRequest('the body must be an object')
  const metadata = value.metadata ?? {}
  if (!isJsonObject(metadata)) throw badRequest('metadata must be an object')
  const texts = ['name', 'generateName', 'namespace', 'uid', 'resourceVersion'].filter(
    key => metadata[key] !== undefined && metadata[key] !== null && typeof metadata[key] !== 'string',
  )
  if (texts.length > 0) {
    throw badRequest(
      `the body cannot be read: ${texts.map(key => `metadata.${key}`).join(', ')} must be a string`,
    )
  }
  for (const key of ['kind', 'apiVersion']) {
    if (value[key] !== undefined && value[key] !== null && typeof value[key] !== 'string') {
      throw new StatusError('BadRequest', `the body cannot be read: ${key} must be a string`)
    }
  }
  return { ...value, metadata: { ...metadata } } as unknown as KubeObject
}
