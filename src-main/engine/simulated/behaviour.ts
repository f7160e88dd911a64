/**
 * How a simulated container behaves, from its environment: a manifest can show a crash, a leak or a slow start in the
 * playground. Durations are milliseconds, sizes bytes.
 *
 * | variable | meaning | default |
 * |---|---|---|
 * | `COXSWAIN_SIM_EXIT_AFTER` | ends by itself after so long; `never` | runs on; 1000 for what is restarted on failure only |
 * | `COXSWAIN_SIM_EXIT_CODE` | the code it ends with | 0 |
 * | `COXSWAIN_SIM_READY_AFTER` | answers on its ports after so long | 0 |
 * | `COXSWAIN_SIM_HTTP_STATUS` | HTTP status that it answers with | 200 |
 * | `COXSWAIN_SIM_STOP_AFTER` | time it takes to end after SIGTERM; `never` waits for SIGKILL | 50 |
 * | `COXSWAIN_SIM_MEMORY` | memory in use; above its limit it is killed as out of memory | about 30 MB |
 * | `COXSWAIN_SIM_CPU` | thousandths of a core in use | about 5 |
 * | `COXSWAIN_SIM_LOG` | the line that it logs | a request's line |
 * | `COXSWAIN_SIM_LOG_EVERY` | a line every so long | 2000 |
 * | `COXSWAIN_SIM_START_ERROR` | does not start, with these words | starts |
 */
export interface Behaviour {
  exitAfterMs?: number
  exitCode: number
  readyAfterMs: number
  httpStatus: number
  /** Infinity: only SIGKILL ends it. */
  stopAfterMs: number
  memoryBytes: number
  milliCpu: number
  logLine?: string
  logEveryMs: number
  startError?: string
}

const PREFIX = 'COXSWAIN_SIM_'

/** How long a container works that is meant to end. */
const TASK_MS = 1000

/**
 * @param environment `NAME=value` pairs
 * @param endsByItself that it is meant to do its work and end, as an init container is
 * @param seed varies the defaults of CPU and memory between containers, from 0 to 1
 */
export function behaviourOf(environment: readonly string[], seed: number, endsByItself: boolean): Behaviour {
  const values = new Map<string, string>()
  for (const pair of environment) {
    if (!pair.startsWith(PREFIX)) continue
    const equals = pair.indexOf('=')
    values.set(pair.slice(PREFIX.length, equals), pair.slice(equals + 1))
  }
  const number = (name: string): number | undefined => {
    const value = Number.parseFloat(values.get(name) ?? '')
    return Number.isFinite(value) && value >= 0 ? value : undefined
  }
  return {
    exitAfterMs:
      number('EXIT_AFTER') ?? (endsByItself && values.get('EXIT_AFTER') !== 'never' ? TASK_MS : undefined),
    exitCode: number('EXIT_CODE') ?? 0,
    readyAfterMs: number('READY_AFTER') ?? 0,
    httpStatus: number('HTTP_STATUS') ?? 200,
    stopAfterMs: values.get('STOP_AFTER') === 'never' ? Infinity : (number('STOP_AFTER') ?? 50),
    memoryBytes: number('MEMORY') ?? Math.round((20 + 20 * seed) * 2 ** 20),
    milliCpu: number('CPU') ?? 2 + 6 * seed,
    logLine: values.get('LOG'),
    logEveryMs: Math.max(1, number('LOG_EVERY') ?? 2000),
    startError: values.get('START_ERROR'),
  }
}
