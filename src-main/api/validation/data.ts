import { equalJson, isJsonObject } from '../../lib/json.ts'
import type { ConfigMap, Secret } from '../types.ts'
import { checkImmutable } from './field-checks.ts'
import type { FieldErrors } from './field-errors.ts'
import { configKey } from './text-rules.ts'

const MAX_BYTES = 1024 * 1024
const SERVICE_ACCOUNT = 'kubernetes.io/service-account.name'

/** Source: kubernetes pkg/apis/core/validation, ValidateConfigMap and ValidateConfigMapUpdate. */
export function validateConfigMap(map: ConfigMap, errors: FieldErrors, old?: ConfigMap): void {
  const { data = {}, binaryData = {} } = map
  let bytes = 0
  for (const [key, text] of Object.entries(data)) {
    checkKey(errors, 'data', key)
    bytes += Buffer.byteLength(text)
    if (Object.hasOwn(binaryData, key)) {
      errors.invalid(`data[${key}]`, key, 'duplicate of key present in binaryData')
    }
  }
  for (const [key, encoded] of Object.entries(binaryData)) {
    checkKey(errors, 'binaryData', key)
    bytes += Buffer.byteLength(encoded, 'base64')
  }
  if (bytes > MAX_BYTES) errors.tooLong('data', MAX_BYTES)
  if (old) checkFrozen(errors, ['data', 'binaryData'], map, old)
}

/** Source: kubernetes pkg/apis/core/validation, ValidateSecret and ValidateSecretUpdate. */
export function validateSecret(secret: Secret, errors: FieldErrors, old?: Secret): void {
  let bytes = 0
  for (const [key, encoded] of Object.entries(secret.data ?? {})) {
    checkKey(errors, 'data', key)
    bytes += Buffer.byteLength(encoded, 'base64')
  }
  if (bytes > MAX_BYTES) errors.tooLong('data', MAX_BYTES)
  validateType(secret, errors)
  if (!old) return
  checkImmutable(errors, 'type', secret.type, old.type)
  checkFrozen(errors, ['data'], secret, old)
}

function checkKey(errors: FieldErrors, field: string, key: string): void {
  const wrong = configKey(key)
  if (wrong) errors.invalid(`${field}[${key}]`, key, wrong)
}

/** What an object with `immutable: true` may not change. */
function checkFrozen<T extends { immutable?: boolean }>(
  errors: FieldErrors,
  keys: readonly (keyof T & string)[],
  now: T,
  old: T,
): void {
  if (!old.immutable) return
  const detail = 'field is immutable when `immutable` is set'
  if (!now.immutable) errors.forbidden('immutable', detail)
  for (const key of keys) if (!equalJson(now[key] ?? {}, old[key] ?? {})) errors.forbidden(key, detail)
}

function validateType({ type, data = {}, metadata }: Secret, errors: FieldErrors): void {
  const requireKey = (key: string) => {
    if (!Object.hasOwn(data, key)) errors.required(`data[${key}]`)
  }
  switch (type) {
    case 'kubernetes.io/service-account-token':
      if (!metadata.annotations?.[SERVICE_ACCOUNT]) {
        errors.required(`metadata.annotations[${SERVICE_ACCOUNT}]`)
      }
      return
    case 'kubernetes.io/dockercfg':
      requireKey('.dockercfg')
      checkJson(errors, data, '.dockercfg')
      return
    case 'kubernetes.io/dockerconfigjson':
      requireKey('.dockerconfigjson')
      checkJson(errors, data, '.dockerconfigjson')
      return
    case 'kubernetes.io/basic-auth':
      if (Object.hasOwn(data, 'username') || Object.hasOwn(data, 'password')) return
      requireKey('username')
      requireKey('password')
      return
    case 'kubernetes.io/ssh-auth':
      requireKey('ssh-privatekey')
      return
    case 'kubernetes.io/tls':
      requireKey('tls.crt')
      requireKey('tls.key')
  }
}

/** The contents of a secret never stand in a message. */
function checkJson(errors: FieldErrors, data: Record<string, string>, key: string): void {
  const encoded = data[key]
  if (encoded === undefined || isJsonText(Buffer.from(encoded, 'base64').toString())) return
  errors.invalid(`data[${key}]`, '<secret contents redacted>', 'must be a JSON object')
}

function isJsonText(text: string): boolean {
  try {
    return isJsonObject(JSON.parse(text))
  } catch {
    return false
  }
}
