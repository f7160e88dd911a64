import { PassThrough, Writable, pipeline, type Duplex, type Readable } from 'node:stream'
import { sleep } from '../../lib/clock.ts'
import { EngineError, type ExecOptions, type ExecSession } from '../engine.ts'
import type { DockerClient } from './client.ts'
import { Demultiplexer } from './demux.ts'
import { toEngineError } from './errors.ts'

/** How often Docker is asked for an exit code that follows the end of the output by a moment. */
const EXIT_ATTEMPTS = 20
const EXIT_TIMEOUT_MS = 86_400_000

export async function exec(client: DockerClient, id: string, options: ExecOptions): Promise<ExecSession> {
  const doing = `run ${options.command[0] ?? 'a command'} in container ${id}`
  const tty = options.tty ?? false
  const created = await client.json<{ Id: string }>({
    doing,
    method: 'POST',
    path: `/containers/${encodeURIComponent(id)}/exec`,
    body: {
      Cmd: options.command,
      Tty: tty,
      AttachStdin: options.stdin ?? false,
      AttachStdout: true,
      AttachStderr: true,
      Env: options.environment,
      WorkingDir: options.workingDir,
      User: options.user,
    },
  })
  if (!created) throw new EngineError('engine-error', `cannot ${doing}: Docker gave it no id`)
  const path = `/exec/${created.Id}`
  // Tty again: without it Docker frames the output of a terminal too
  const socket = await client.hijack({
    doing,
    method: 'POST',
    path: `${path}/start`,
    body: { Detach: false, Tty: tty },
  })
  return session(client, socket, {
    doing,
    tty,
    stdin: options.stdin ?? false,
    resizePath: `${path}/resize`,
    exitCode: () => execExitCode(client, doing, path),
  })
}

export async function attach(
  client: DockerClient,
  id: string,
  options: { tty: boolean; stdin: boolean },
): Promise<ExecSession> {
  const doing = `attach to container ${id}`
  const path = `/containers/${encodeURIComponent(id)}`
  const socket = await client.hijack({
    doing,
    method: 'POST',
    path: `${path}/attach`,
    query: { stream: true, stdin: options.stdin, stdout: true, stderr: true },
  })
  return session(client, socket, {
    doing,
    ...options,
    resizePath: `${path}/resize`,
    exitCode: async () => {
      const wait = { doing, method: 'POST' as const, path: `${path}/wait`, timeoutMs: EXIT_TIMEOUT_MS }
      return (await client.json<{ StatusCode: number }>(wait))?.StatusCode ?? 0
    },
  })
}

async function execExitCode(client: DockerClient, doing: string, path: string): Promise<number> {
  for (let attempt = 0; attempt < EXIT_ATTEMPTS; attempt++) {
    const state = await client.json<{ Running: boolean; ExitCode: number | null }>({
      doing,
      path: `${path}/json`,
    })
    if (state && !state.Running && state.ExitCode !== null) return state.ExitCode
    await sleep(client.clock, 10 * (attempt + 1))
  }
  throw new EngineError(
    'engine-error',
    `cannot ${doing}: its output ended but Docker has no exit code for it`,
  )
}

interface SessionParts {
  doing: string
  tty: boolean
  stdin: boolean
  resizePath: string
  exitCode(): Promise<number>
}

function session(client: DockerClient, socket: Duplex, parts: SessionParts): ExecSession {
  const stdout = new PassThrough()
  const stderr = parts.tty ? undefined : new PassThrough()
  const outputs = stderr ? [stdout, stderr] : [stdout]
  let closed = false
  const ended = new Promise<void>((resolve, reject) => {
    pipeline(socket, splitter(stdout, stderr), error => {
      if (error && !closed) {
        const failure = toEngineError(error, parts.doing)
        for (const output of outputs) output.destroy(failure)
        reject(failure)
        return
      }
      for (const output of outputs) output.end()
      resolve()
    })
  })
  ended.catch(() => undefined) // told by exitCode() and by the streams; a caller may use only one of them
  for (const output of outputs) output.on('error', () => undefined)
  return {
    ...(parts.stdin ? { stdin: stdinOf(socket) } : {}),
    stdout,
    ...(stderr ? { stderr } : {}),
    async resize({ columns, rows }) {
      const request = { doing: `resize the terminal: ${parts.doing}`, path: parts.resizePath }
      await client.json({ ...request, method: 'POST', query: { h: rows, w: columns } })
    },
    async exitCode() {
      // output that nobody reads must not keep the command from ending
      for (const output of outputs) if (output.readableFlowing === null) output.resume()
      await ended
      return parts.exitCode()
    },
    close() {
      closed = true
      socket.destroy()
    },
  }
}

/** Hands bytes to the two outputs, and waits for the one that is full. */
function splitter(stdout: PassThrough, stderr: PassThrough | undefined): Writable {
  const demultiplexer = new Demultiplexer()
  return new Writable({
    write(bytes: Buffer, _encoding, done) {
      if (!stderr) {
        if (stdout.write(bytes)) done()
        else stdout.once('drain', done)
        return
      }
      let full: Readable | undefined
      for (const chunk of demultiplexer.push(bytes)) {
        const output = chunk.stream === 'stderr' ? stderr : stdout
        if (!output.write(chunk.data)) full = output
      }
      if (full) full.once('drain', done)
      else done()
    },
  })
}

/** The socket's writing side: ending it tells the command that its input is at an end, and its output goes on. */
function stdinOf(socket: Duplex): Writable {
  const stdin = new Writable({
    write: (bytes, encoding, done) => void socket.write(bytes, encoding, error => done(error)),
    final: done => void socket.end(() => done()),
  })
  stdin.on('error', () => undefined) // the session's streams tell it
  socket.once('close', () => stdin.destroy())
  return stdin
}
