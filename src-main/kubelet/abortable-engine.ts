import { EngineError, type Engine } from '../engine/engine.ts'

/**
 * The same engine, whose calls fail with `aborted` once the signal is: work that is under way ends at its next step,
 * and cannot get in the way of the kubelet that comes after.
 */
export function abortableEngine(engine: Engine, signal: AbortSignal): Engine {
  const check = () => {
    if (signal.aborted)
      throw new EngineError('aborted', 'the kubelet of this server was stopped', signal.reason)
  }
  return new Proxy(engine, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name)
      // events end by the same signal, and close must always work
      if (typeof member !== 'function' || name === 'close' || name === 'events') return member
      return (...parameters: unknown[]) => {
        if (signal.aborted) return Promise.reject(new EngineError('aborted', 'the kubelet was stopped'))
        const result: unknown = member.apply(target, parameters)
        if (!(result instanceof Promise)) return result
        return result.then(value => {
          check()
          return value as unknown
        })
      }
    },
  })
}
