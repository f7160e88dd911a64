import { finished } from 'node:stream/promises'
import { containerStatusOf } from '../api/container-statuses.ts'
import type { ExecOptions, ExecSession } from '../api/pod-streams.ts'
import type { Container, Pod } from '../api/types.ts'
import type { Engine, EngineContainer, ExecSession as EngineSession } from '../engine/engine.ts'
import { badRequest, internalError } from '../lib/errors.ts'
import { type Clock, sleep } from '../lib/clock.ts'
import type { Logger } from '../lib/logger.ts'
import { LABEL } from './container-labels.ts'
import { createHangup } from './exec-hangup.ts'
import { chooseContainers } from './identity.ts'

export interface CommandContext {
  engine: Engine
  clusterId: string
  clock: Clock
  logger: Logger
}

/** For the output of a container that ended while we joined it. */
const LAST_WORDS_MS = 1_000

/**
 * Runs a command in a running container.
 * @throws StatusError BadRequest when it does not run, InternalError with the engine's words
 */
export async function execInPod(
  context: CommandContext,
  pod: Pod,
  options: ExecOptions,
): Promise<ExecSession> {
  const { command, tty, stdin } = options
  const { id } = await runningContainer(context, pod, options.container)
  const { mark, hangUp } = createHangup(context.engine, id)
  const session = await answered(context.engine.exec(id, { command, tty, stdin, environment: [mark] }))
  let over = false
  return toPodSession(session, {
    async exitCode() {
      const code = await session.exitCode()
      over = true
      return code
    },
    close() {
      session.close()
      if (over) return
      over = true
      // the server may just be gone, and the image may have no shell
      hangUp().catch((error: unknown) => {
        context.logger.debug({ err: error, pod: pod.metadata.name }, 'a command was left without its client')
      })
    },
  })
}

/**
 * Joins a container's own process. It ends with the output, and always well: how the process ended is the pod's status.
 * @throws StatusError as `execInPod`
 */
export async function attachToPod(
  context: CommandContext,
  pod: Pod,
  options: Omit<ExecOptions, 'command'>,
): Promise<ExecSession> {
  const { id } = await runningContainer(context, pod, options.container)
  const spec = specOf(pod, options.container)
  const session = await answered(
    context.engine.attach(id, {
      tty: spec?.tty ?? false,
      stdin: options.stdin && (spec?.stdin ?? false),
    }),
  )
  return toPodSession(session, {
    async exitCode() {
      const outputs = session.stderr ? [session.stdout, session.stderr] : [session.stdout]
      const ended = Promise.all(outputs.map(output => finished(output)))
      ended.catch(() => undefined) // told by the await below, or too late to matter
      // Docker lets us join what has ended in the meantime, and then says nothing, for ever
      const state = (await context.engine.inspectContainer(id))?.state
      if (state !== 'running') await Promise.race([ended, sleep(context.clock, LAST_WORDS_MS)])
      else await ended
      return 0
    },
    close: () => session.close(),
  })
}

/** The container to speak to. @throws StatusError BadRequest in Kubernetes' words when it does not run */
async function runningContainer(
  { engine, clusterId }: CommandContext,
  pod: Pod,
  name: string,
): Promise<EngineContainer> {
  const labels = { [LABEL.cluster]: clusterId, [LABEL.podUid]: pod.metadata.uid }
  const listed = await answered(engine.listContainers(labels))
  const container = chooseContainers(pod, listed).byName.get(name)
  if (container?.state === 'running') return container
  throw badRequest(`container "${name}" in pod "${pod.metadata.name}" is not running: ${whyNot(pod, name)}`)
}

function whyNot(pod: Pod, name: string): string {
  const { waiting, terminated } = containerStatusOf(pod, name)?.state ?? {}
  if (terminated) return `it ended with exit code ${terminated.exitCode} (${terminated.reason ?? 'Error'})`
  return waiting?.message ? `${waiting.reason}: ${waiting.message}` : (waiting?.reason ?? 'it is not there')
}

function specOf({ spec }: Pod, name: string): Container | undefined {
  const { containers, initContainers = [], ephemeralContainers = [] } = spec
  return [...containers, ...initContainers, ...(ephemeralContainers as Container[])].find(
    container => container.name === name,
  )
}

/** What the engine refuses or does not answer is an internal error for the API's client. */
async function answered<T>(call: Promise<T>): Promise<T> {
  try {
    return await call
  } catch (error) {
    throw internalError(error)
  }
}

/** @param ends `exitCode` is asked only when `exited` is read: from then on output that nobody reads is dropped */
function toPodSession(
  session: EngineSession,
  ends: { exitCode(): Promise<number>; close(): void },
): ExecSession {
  let exited: Promise<number> | undefined
  return {
    stdin: session.stdin,
    stdout: session.stdout,
    stderr: session.stderr,
    // a terminal that is gone has no size
    resize: ({ width, height }) =>
      void session.resize({ columns: width, rows: height }).catch(() => undefined),
    get exited() {
      return (exited ??= ends.exitCode())
    },
    close: () => ends.close(),
  }
}
