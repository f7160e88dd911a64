import pino from 'pino'

/** Structured log lines on standard error; fields first, then the sentence, as pino has it. */
export interface Logger {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
  child(fields: object): Logger
}

/**
 * A logger that writes JSON lines to standard error (synchronously, so that a crash loses nothing).
 * @param level pino level name; `silent` turns it off
 */
export function createLogger(level = 'info'): Logger {
  return pino(
    { level, base: undefined, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ fd: 2, sync: true }),
  )
}

export const silentLogger: Logger = pino({ level: 'silent' })
