import type { Container } from '../types.ts'
import { checkNotNegative, checkPort, checkPortOrName } from './field-checks.ts'
import type { FieldErrors } from './field-errors.ts'
import { httpHeaderName } from './text-rules.ts'

type Probe = NonNullable<Container['livenessProbe']>
type LifecycleHandler = NonNullable<NonNullable<Container['lifecycle']>['preStop']>
type Handler = Probe & LifecycleHandler

const TYPES = ['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep'] as const

/** Exactly one way to act, and that one complete. Source: kubernetes pkg/apis/core/validation, validateHandler. */
export function validateHandler(handler: Partial<Handler>, field: string, errors: FieldErrors): void {
  const given = TYPES.filter(type => handler[type])
  if (given.length === 0) errors.required(field, 'must specify a handler type')
  for (const extra of given.slice(1)) {
    errors.forbidden(`${field}.${extra}`, 'may not specify more than 1 handler type')
  }
  const { exec, httpGet, tcpSocket, grpc, sleep } = handler
  if (exec && !exec.command?.length) errors.required(`${field}.exec.command`)
  if (httpGet) {
    checkPortOrName(errors, `${field}.httpGet.port`, httpGet.port)
    httpGet.httpHeaders?.forEach(({ name }, index) => {
      const wrong = httpHeaderName(name ?? '')
      if (wrong) errors.invalid(`${field}.httpGet.httpHeaders[${index}].name`, name, wrong)
    })
  }
  if (tcpSocket) checkPortOrName(errors, `${field}.tcpSocket.port`, tcpSocket.port)
  if (grpc) checkPort(errors, `${field}.grpc.port`, grpc.port)
  if (sleep) checkNotNegative(errors, `${field}.sleep.seconds`, sleep.seconds)
}

export type ProbeRole = 'livenessProbe' | 'readinessProbe' | 'startupProbe'

/** Source: kubernetes pkg/apis/core/validation, validateProbe and validateLivenessProbe. */
export function validateProbe(probe: Probe, role: ProbeRole, field: string, errors: FieldErrors): void {
  validateHandler(probe, field, errors)
  for (const name of [
    'initialDelaySeconds',
    'timeoutSeconds',
    'periodSeconds',
    'successThreshold',
    'failureThreshold',
  ] as const) {
    checkNotNegative(errors, `${field}.${name}`, probe[name])
  }
  const grace = probe.terminationGracePeriodSeconds
  if (grace !== undefined && role === 'readinessProbe') {
    errors.invalid(`${field}.terminationGracePeriodSeconds`, grace, 'must not be set for readinessProbes')
  } else if (grace !== undefined && grace <= 0) {
    errors.invalid(`${field}.terminationGracePeriodSeconds`, grace, 'must be greater than 0')
  }
  if (role !== 'readinessProbe' && (probe.successThreshold ?? 1) > 1) {
    errors.invalid(`${field}.successThreshold`, probe.successThreshold, 'must be 1')
  }
}
