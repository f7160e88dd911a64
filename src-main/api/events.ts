import type { KubeObject } from './types.ts'

export type EventType = 'Normal' | 'Warning'

/**
 * Tells people what happened to an object (`kubectl describe`, the Events page). Repetitions of the same reason and
 * message are counted on one Event object. Never rejects and never blocks the caller.
 */
export interface EventRecorder {
  event(about: KubeObject, type: EventType, reason: string, message: string): void
}
