import { PassThrough } from 'node:stream'
import type { ExecOptions, ExecSession } from '../engine.ts'
import type { Clock } from '../../lib/clock.ts'
import type { SimulatedContainer } from './container.ts'
import { simulatedLogs } from './logs.ts'
import { isShell, runCommand, runLine } from './shell.ts'

/** Runs a command of `shell.ts`, or a shell that reads lines from its input until `exit` or their end. */
export function simulatedExec(
  container: SimulatedContainer,
  clock: Clock,
  options: ExecOptions,
): ExecSession {
  const stdout = new PassThrough()
  const stderr = options.tty ? undefined : new PassThrough()
  const stdin = options.stdin ? new PassThrough() : undefined
  let resolveExit: (code: number) => void
  const exitCode = new Promise<number>(resolve => (resolveExit = resolve))
  const end = (code: number) => {
    unwatch()
    stdout.end()
    stderr?.end()
    resolveExit(code)
  }
  const unwatch = container.onChange(() => {
    if (!container.running) end(137)
  })
  if (stdin && isShell(options.command))
    interact(container, clock, { stdin, stdout, stderr, tty: options.tty ?? false }, end)
  else if (stdin && options.command[0] === 'cat' && options.command.length === 1) {
    stdin.pipe(stdout, { end: false })
    stdin.once('end', () => end(0))
  } else {
    const result = runCommand(options.command, container, clock.now())
    stdout.write(result.stdout)
    const errors = stderr ?? stdout
    errors.write(result.stderr)
    end(result.exitCode)
  }
  return {
    ...(stdin ? { stdin } : {}),
    stdout,
    ...(stderr ? { stderr } : {}),
    resize: () => Promise.resolve(),
    exitCode: () => exitCode,
    close: () => end(137),
  }
}

interface Streams {
  stdin: PassThrough
  stdout: PassThrough
  stderr?: PassThrough
  tty: boolean
}

function interact(
  container: SimulatedContainer,
  clock: Clock,
  streams: Streams,
  end: (code: number) => void,
): void {
  const { stdin, stdout, tty } = streams
  const newline = tty ? '\r\n' : '\n'
  const prompt = tty ? '# ' : ''
  let line = ''
  let lastCode = 0
  let over = false
  const show = (text: string, errors: boolean) =>
    (errors ? (streams.stderr ?? stdout) : stdout).write(text.replaceAll('\n', newline))
  const runTyped = () => {
    const typed = line.trim()
    line = ''
    const result = runLine(typed, container, clock.now())
    show(result.stdout, false)
    show(result.stderr, true)
    lastCode = result.exitCode
    over = /^exit\b/.test(typed)
    if (over) end(lastCode)
    else stdout.write(prompt)
  }
  stdout.write(prompt)
  stdin.on('data', (bytes: Buffer) => {
    for (const char of bytes.toString()) {
      if (over) return
      if (tty) stdout.write(char === '\r' ? newline : char)
      if (char === '\n' || char === '\r') runTyped()
      else line += char
    }
  })
  stdin.once('end', () => {
    if (!over) end(lastCode)
  })
}

/** The container's output from now on; its input goes nowhere. */
export function simulatedAttach(
  container: SimulatedContainer,
  clock: Clock,
  options: { tty: boolean; stdin: boolean },
): ExecSession {
  const stdout = new PassThrough()
  const stderr = options.tty ? undefined : new PassThrough()
  const logs = simulatedLogs(container, clock, { follow: true, tail: 0 })
  const ended = (async () => {
    for await (const chunk of logs)
      (chunk.stream === 'stderr' ? (stderr ?? stdout) : stdout).write(chunk.data)
    stdout.end()
    stderr?.end()
    return container.run?.exitCode ?? 0
  })()
  ended.catch(() => undefined) // a close() from outside
  const stdin = options.stdin ? new PassThrough().resume() : undefined
  return {
    ...(stdin ? { stdin } : {}),
    stdout,
    ...(stderr ? { stderr } : {}),
    resize: () => Promise.resolve(),
    exitCode: () => ended,
    close: () => logs.destroy(),
  }
}
