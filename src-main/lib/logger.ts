import pino, { type DestinationStream } from 'pino'

/** Structured log lines on standard error; fields first, then the sentence, as pino has it. */
export interface Logger {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
  child(fields: object): Logger
}

/**
 * A logger that writes to standard error, synchronously, so that a crash loses nothing: JSON lines, or for a person at a
 * terminal lines to read.
 * @param level pino level name; `silent` turns it off
 */
export async function createLogger(level = 'info'): Promise<Logger> {
  const options = { level, base: undefined, timestamp: pino.stdTimeFunctions.isoTime }
  const logger: Logger = pino(options, process.stderr.isTTY ? await lines() : jsonLines())
  return logger
}

function jsonLines(): DestinationStream {
  return pino.destination({ fd: 2, sync: true })
}

async function lines(): Promise<DestinationStream> {
  const { default: pretty } = await import('pino-pretty')
  return pretty({ destination: 2, sync: true, singleLine: true, translateTime: 'SYS:HH:MM:ss' })
}

export const silentLogger: Logger = pino({ level: 'silent' })
