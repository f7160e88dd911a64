import type { Container } from '../../types.ts'

type Probe = NonNullable<Container['livenessProbe']>
type Handler = NonNullable<NonNullable<Container['lifecycle']>['preStop']>

/** Source: kubernetes pkg/apis/core/v1/defaults.go, SetDefaults_Container. The empty string counts as absent, as in Go. */
export function defaultContainer(container: Container): void {
  container.imagePullPolicy ||= usesLatest(container.image ?? '') ? 'Always' : 'IfNotPresent'
  container.terminationMessagePath ||= '/dev/termination-log'
  container.terminationMessagePolicy ||= 'File'
  container.resources ??= {}
  for (const port of container.ports ?? []) port.protocol ||= 'TCP'
  for (const { valueFrom } of container.env ?? []) {
    if (valueFrom?.fieldRef) valueFrom.fieldRef.apiVersion ||= 'v1'
    if (valueFrom?.resourceFieldRef) valueFrom.resourceFieldRef.divisor ??= '0'
  }
  for (const probe of [container.livenessProbe, container.readinessProbe, container.startupProbe]) {
    if (probe) defaultProbe(probe)
  }
  for (const handler of [container.lifecycle?.postStart, container.lifecycle?.preStop]) {
    if (handler) defaultHttpGet(handler)
  }
}

/** An image without tag and digest is the latest one. A port in the registry's name is no tag. */
function usesLatest(image: string): boolean {
  if (image === '' || image.includes('@')) return false
  const name = image.slice(image.lastIndexOf('/') + 1)
  return !name.includes(':') || name.endsWith(':latest')
}

/** Zero counts as absent, as in Go. */
function defaultProbe(probe: Probe): void {
  probe.timeoutSeconds ||= 1
  probe.periodSeconds ||= 10
  probe.successThreshold ||= 1
  probe.failureThreshold ||= 3
  if (probe.grpc) probe.grpc.service ??= ''
  defaultHttpGet(probe)
}

function defaultHttpGet({ httpGet }: Pick<Handler, 'httpGet'>): void {
  if (!httpGet) return
  httpGet.path ||= '/'
  httpGet.scheme ||= 'HTTP'
}
