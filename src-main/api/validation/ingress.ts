import { isIP } from 'node:net'
import type { Ingress, IngressClass } from '../types.ts'
import { checkPort, checkText, requireText } from './field-checks.ts'
import type { FieldErrors } from './field-errors.ts'
import { dns1035Label, dnsSubdomain, portName, wildcardSubdomain } from './text-rules.ts'

type Spec = Ingress['spec']
type Backend = NonNullable<Spec['defaultBackend']>
type Path = NonNullable<NonNullable<NonNullable<Spec['rules']>[number]['http']>['paths']>[number]

const CLASS_ANNOTATION = 'kubernetes.io/ingress.class'
const INVALID_SEQUENCES = ['//', '/./', '/../', '%2f', '%2F']
const INVALID_SUFFIXES = ['/..', '/.']
/** In characters: longer than what clients ask for. Each path is held against those of requests, in every server's proxy. */
const MAX_PATH = 4096

/** Source: kubernetes pkg/apis/networking/validation, ValidateIngressCreate and validateIngressSpec. */
export function validateIngress({ metadata, spec }: Ingress, errors: FieldErrors, old?: Ingress): void {
  const rules = spec.rules ?? []
  const annotated = metadata.annotations?.[CLASS_ANNOTATION]
  if (
    !old &&
    annotated !== undefined &&
    spec.ingressClassName !== undefined &&
    annotated !== spec.ingressClassName
  ) {
    const detail = 'must match `ingressClassName` when both are specified'
    errors.invalid(`annotations.${CLASS_ANNOTATION}`, annotated, detail)
  }
  if (rules.length === 0 && !spec.defaultBackend) {
    errors.invalid('spec', rules, 'either `defaultBackend` or `rules` must be specified')
  }
  if (spec.defaultBackend) validateBackend(spec.defaultBackend, 'spec.defaultBackend', errors)
  checkText(errors, 'spec.ingressClassName', spec.ingressClassName, dnsSubdomain)
  spec.tls?.forEach(({ hosts, secretName }, index) => {
    hosts?.forEach((host, position) =>
      checkText(errors, `spec.tls[${index}].hosts[${position}]`, host, hostRule(host)),
    )
    checkText(errors, `spec.tls[${index}].secretName`, secretName, dnsSubdomain)
  })
  rules.forEach(({ host, http }, index) => {
    const field = `spec.rules[${index}]`
    if (host && isIP(host) !== 0)
      errors.invalid(`${field}.host`, host, 'must be a DNS name, not an IP address')
    else if (host) checkText(errors, `${field}.host`, host, hostRule(host))
    if (!http) return
    if (!http.paths?.length) errors.required(`${field}.http.paths`)
    http.paths?.forEach((path, position) => validatePath(path, `${field}.http.paths[${position}]`, errors))
  })
}

const hostRule = (host: string) => (host.includes('*') ? wildcardSubdomain : dnsSubdomain)

function validatePath({ path = '', pathType, backend }: Path, field: string, errors: FieldErrors): void {
  if (path.length > MAX_PATH) errors.tooLong(`${field}.path`, MAX_PATH)
  if (!pathType) errors.required(`${field}.pathType`, 'pathType must be specified')
  else if (pathType === 'ImplementationSpecific') {
    if (path && !path.startsWith('/')) errors.invalid(`${field}.path`, path, 'must be an absolute path')
  } else if (!path.startsWith('/')) errors.invalid(`${field}.path`, path, 'must be an absolute path')
  else {
    for (const sequence of INVALID_SEQUENCES) {
      if (path.includes(sequence)) errors.invalid(`${field}.path`, path, `must not contain '${sequence}'`)
    }
    for (const suffix of INVALID_SUFFIXES) {
      if (path.endsWith(suffix)) errors.invalid(`${field}.path`, path, `cannot end with '${suffix}'`)
    }
  }
  validateBackend(backend ?? {}, `${field}.backend`, errors)
}

function validateBackend(backend: Backend, field: string, errors: FieldErrors): void {
  const { service, resource } = backend
  if (service && resource) {
    errors.invalid(field, '', 'cannot set both resource and service backends')
  } else if (resource) {
    requireText(errors, `${field}.resource.kind`, resource.kind)
    requireText(errors, `${field}.resource.name`, resource.name)
  } else if (service) {
    requireText(errors, `${field}.service.name`, service.name, dns1035Label)
    const { name, number } = service.port ?? {}
    if (name && number) errors.invalid(field, '', 'cannot set both port name & port number')
    else if (name) checkText(errors, `${field}.service.port.name`, name, portName)
    else if (number !== undefined) checkPort(errors, `${field}.service.port.number`, number)
    else errors.required(field, 'port name or number is required')
  } else errors.required(`${field}.service.name`)
}

/** Source: kubernetes pkg/apis/networking/validation, ValidateIngressClass. */
export function validateIngressClass({ spec }: IngressClass, errors: FieldErrors, old?: IngressClass): void {
  const { controller = '', parameters } = spec
  if (!controller) errors.required('spec.controller')
  else if (controller.length > 250) errors.tooLong('spec.controller', 250)
  else if (!/^[^/]+\/.+$/.test(controller)) {
    errors.invalid('spec.controller', controller, 'must be a domain-prefixed path (such as "acme.io/foo")')
  }
  if (old && controller !== old.spec.controller) {
    errors.invalid('spec.controller', controller, 'field is immutable')
  }
  if (!parameters) return
  requireText(errors, 'spec.parameters.kind', parameters.kind)
  requireText(errors, 'spec.parameters.name', parameters.name)
  const { scope = 'Cluster', namespace } = parameters
  if (scope !== 'Cluster' && scope !== 'Namespace') {
    errors.notSupported('spec.parameters.scope', scope, ['Cluster', 'Namespace'])
  } else if (scope === 'Namespace' && !namespace) {
    errors.required('spec.parameters.namespace', "`parameters.scope` is set to 'Namespace'")
  } else if (scope === 'Cluster' && namespace !== undefined) {
    errors.forbidden('spec.parameters.namespace', "`parameters.scope` is set to 'Cluster'")
  }
}
