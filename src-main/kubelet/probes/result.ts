import type { Container } from '../../api/types.ts'
import type { Engine } from '../../engine/engine.ts'

export type Probe = NonNullable<Container['livenessProbe']>
export type HttpGetAction = NonNullable<Probe['httpGet']>

/** Whom a probe or a hook asks. */
export interface ProbeTarget {
  engine: Engine
  containerId: string
  container: Container
  /** The pod's address as its server reaches it. */
  address: string
}

/**
 * What one try of a probe has shown. `unknown`: nothing, because the server gave no answer. `error`: nothing, because
 * the probe cannot be made as it is written. Neither counts; an error is told.
 */
export interface ProbeResult {
  outcome: 'success' | 'failure' | 'unknown' | 'error'
  message: string
}

/**
 * The try came to nothing, and it is not certain that the container is to blame: whoever asked has to look whether the
 * server still answers before it counts this as a failure.
 */
export class ProbeDoubt extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'ProbeDoubt'
  }
}

/** The probe or hook cannot be made as it is written. */
export class ProbeInvalid extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'ProbeInvalid'
  }
}

/** A port by its number or by its name in the container. @throws ProbeInvalid when there is no such name */
export function portOf(container: Container, port: number | string): number {
  const number = Number(port)
  if (Number.isInteger(number)) return number
  const named = container.ports?.find(({ name }) => name === port)
  if (!named) throw new ProbeInvalid(`container ${container.name} has no port named "${port}"`)
  return named.containerPort
}
