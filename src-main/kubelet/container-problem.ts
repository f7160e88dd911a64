import { EngineError } from '../engine/engine.ts'
import { errorMessage } from '../lib/errors.ts'
import { ConfigError } from './config-error.ts'

/** Kubernetes' reasons for a container that waits. */
export type WaitingReason =
  | 'ContainerCreating'
  | 'ErrImagePull'
  | 'ImagePullBackOff'
  | 'InvalidImageName'
  | 'ErrImageNeverPull'
  | 'CreateContainerConfigError'
  | 'CreateContainerError'
  | 'RunContainerError'

/** Why a container could not be brought up; becomes its `state.waiting`. */
export class ContainerProblem extends Error {
  readonly reason: WaitingReason

  constructor(reason: WaitingReason, message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'ContainerProblem'
    this.reason = reason
  }
}

/** True when the engine gave no answer at all: nothing is known then, and nothing should be written. */
export function isNoAnswer(error: unknown): boolean {
  return error instanceof EngineError && ['unreachable', 'timeout', 'aborted'].includes(error.code)
}

/** The engine's refusal to create or start, as a problem of the container. */
export function asProblem(error: unknown, doing: 'create' | 'start'): ContainerProblem {
  if (error instanceof ContainerProblem) return error
  if (error instanceof ConfigError) return new ContainerProblem(error.code, error.message, error)
  const reason = doing === 'create' ? 'CreateContainerError' : 'RunContainerError'
  return new ContainerProblem(reason, readable(errorMessage(error)), error)
}

/** Docker's words without the layers that they came through. */
function readable(message: string): string {
  return message
    .replace(/OCI runtime create failed: /g, '')
    .replace(/(container_linux|standard_init_linux|process_linux|runc create)\.?(go:\d+)?[^:]*: /g, '')
    .replace(/: unknown$/, '')
}
