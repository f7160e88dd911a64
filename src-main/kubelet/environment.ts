import type { ConfigMap, Container, Pod, Secret, Service } from '../api/types.ts'
import { ConfigError } from './config-error.ts'
import { expand } from './expansion.ts'
import { fieldValue, resourceValue, type PodFacts } from './field-ref.ts'
import { serviceEnvironment } from './service-environment.ts'

/** The pod's namespace, as far as its containers may look into it. */
export interface Lookup {
  configMap(name: string): ConfigMap | undefined
  secret(name: string): Secret | undefined
  services(): Service[]
}

type EnvVar = NonNullable<Container['env']>[number]
type EnvFrom = NonNullable<Container['envFrom']>[number]

/**
 * A container's environment in Kubernetes' order: Services (unless the pod wants none), `envFrom`, then `env`, where
 * later ones win and may use `$(EARLIER)` ones.
 * Source: kubernetes pkg/kubelet/kubelet_pods.go makeEnvironmentVariables.
 * @throws ConfigError naming the ConfigMap, Secret or key that is missing
 */
export function environment(
  pod: Pod,
  container: Container,
  { lookup, facts }: { lookup: Lookup; facts: PodFacts },
): Map<string, string> {
  const values = serviceEnvironment(pod.spec.enableServiceLinks === false ? [] : lookup.services())
  for (const source of container.envFrom ?? []) {
    for (const [key, value] of fromSource(source, lookup, pod)) values.set((source.prefix ?? '') + key, value)
  }
  for (const variable of container.env ?? []) {
    const value = valueOf(variable, { pod, container, lookup, facts, values })
    if (value !== undefined) values.set(variable.name, value)
  }
  return values
}

function fromSource(source: EnvFrom, lookup: Lookup, pod: Pod): [string, string][] {
  const { configMapRef, secretRef } = source
  if (configMapRef) {
    const map = configMapNamed(configMapRef.name ?? '', pod, lookup, configMapRef.optional)
    return Object.entries(map?.data ?? {})
  }
  if (secretRef) {
    const secret = secretNamed(secretRef.name ?? '', pod, lookup, secretRef.optional)
    return Object.entries(secret?.data ?? {}).map(([key, value]) => [key, decode(value)])
  }
  return []
}

interface VariableContext {
  pod: Pod
  container: Container
  lookup: Lookup
  facts: PodFacts
  values: ReadonlyMap<string, string>
}

function valueOf(variable: EnvVar, context: VariableContext): string | undefined {
  const { pod, container, lookup, facts, values } = context
  const from = variable.valueFrom
  if (!from) return expand(variable.value ?? '', values)
  if (from.fieldRef) return fieldValue(pod, from.fieldRef.fieldPath, facts)
  if (from.resourceFieldRef) {
    const { containerName } = from.resourceFieldRef
    const of = containerName ? containerNamed(pod, containerName) : container
    return resourceValue(of, from.resourceFieldRef, facts)
  }
  if (from.configMapKeyRef) {
    const { name = '', key, optional } = from.configMapKeyRef
    const map = configMapNamed(name, pod, lookup, optional)
    return required(map?.data?.[key], optional, `couldn't find key ${key} in ConfigMap ${path(pod, name)}`)
  }
  if (from.secretKeyRef) {
    const { name = '', key, optional } = from.secretKeyRef
    const secret = secretNamed(name, pod, lookup, optional)
    const data = secret?.data?.[key]
    const value = data === undefined ? undefined : decode(data)
    return required(value, optional, `couldn't find key ${key} in Secret ${path(pod, name)}`)
  }
  throw new ConfigError(`environment variable ${variable.name} has a source that Coxswain does not know`)
}

function required(value: string | undefined, optional: boolean | undefined, missing: string) {
  if (value === undefined && !optional) throw new ConfigError(missing)
  return value
}

function path(pod: Pod, name: string): string {
  return `${pod.metadata.namespace}/${name}`
}

/** @throws ConfigError when it is missing and not optional */
export function configMapNamed(name: string, pod: Pod, lookup: Lookup, optional?: boolean) {
  const map = lookup.configMap(name)
  if (!map && !optional)
    throw new ConfigError(`configmap "${name}" not found in namespace ${pod.metadata.namespace}`)
  return map
}

/** @throws ConfigError when it is missing and not optional */
export function secretNamed(name: string, pod: Pod, lookup: Lookup, optional?: boolean) {
  const secret = lookup.secret(name)
  if (!secret && !optional)
    throw new ConfigError(`secret "${name}" not found in namespace ${pod.metadata.namespace}`)
  return secret
}

export function containerNamed(pod: Pod, name: string): Container {
  const { containers, initContainers = [], ephemeralContainers = [] } = pod.spec
  const all = [...containers, ...initContainers, ...(ephemeralContainers as Container[])]
  const found = all.find(container => container.name === name)
  if (!found) throw new ConfigError(`the pod has no container "${name}"`)
  return found
}

function decode(base64: string): string {
  return Buffer.from(base64, 'base64').toString()
}
