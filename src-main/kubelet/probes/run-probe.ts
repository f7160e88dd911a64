import type { Clock } from '../../lib/clock.ts'
import { errorMessage } from '../../lib/errors.ts'
import { ConnectionRefused, dial } from './dial.ts'
import { execCommand } from './exec-command.ts'
import { grpcHealth } from './grpc-health.ts'
import { httpGet, MAX_REDIRECTS } from './http-get.ts'
import { portOf, ProbeInvalid, type Probe, type ProbeResult, type ProbeTarget } from './result.ts'

/** A server that does not answer a small question within this time counts as not connected. */
const LINK_TIMEOUT_MS = 1_000

/**
 * Tries a probe once, within its `timeoutSeconds`. Whatever comes to nothing is a failure only if the server answers
 * and the container still runs: a lost connection to the server says nothing about the container.
 */
export async function runProbe(target: ProbeTarget, probe: Probe, clock: Clock): Promise<ProbeResult> {
  const timeoutSeconds = probe.timeoutSeconds ?? 1
  const late = new AbortController()
  const cancel = clock.after(timeoutSeconds * 1000, () => late.abort())
  try {
    return await beforeAbort(attempt(target, probe, late.signal), late.signal)
  } catch (error) {
    const what = late.signal.aborted ? timedOut(probe, timeoutSeconds) : errorMessage(error)
    if (error instanceof ConnectionRefused) return { outcome: 'failure', message: what }
    if (error instanceof ProbeInvalid) return { outcome: 'error', message: what }
    return (await stillRuns(target, clock))
      ? { outcome: 'failure', message: what }
      : { outcome: 'unknown', message: what }
  } finally {
    cancel()
  }
}

/** What it has opened it closes itself; after the signal, at once. */
async function attempt(target: ProbeTarget, probe: Probe, signal: AbortSignal): Promise<ProbeResult> {
  const { exec, httpGet: http, tcpSocket, grpc } = probe
  if (exec) {
    const { exitCode, output } = await execCommand(target, exec.command ?? [], signal)
    return {
      outcome: exitCode === 0 ? 'success' : 'failure',
      message: output.trim() || `exit code ${exitCode}`,
    }
  }
  if (http) {
    const { status } = await httpGet(target, http, signal)
    if (status >= 200 && status < 400) return { outcome: 'success', message: '' }
    const words =
      status === 0
        ? `stopped after ${MAX_REDIRECTS} redirects`
        : `HTTP probe failed with statuscode: ${status}`
    return { outcome: 'failure', message: words }
  }
  if (tcpSocket) {
    const port = portOf(target.container, tcpSocket.port)
    const connection = await dial(target.engine, { host: tcpSocket.host || target.address, port }, signal)
    connection.destroy()
    return { outcome: 'success', message: '' }
  }
  if (grpc) {
    const connection = await dial(target.engine, { host: target.address, port: grpc.port }, signal)
    const { serving, message } = await grpcHealth(
      connection,
      grpc.service ?? '',
      `${target.address}:${grpc.port}`,
    )
    return { outcome: serving ? 'success' : 'failure', message }
  }
  throw new ProbeInvalid('the probe has no handler that is known here')
}

function timedOut({ exec, httpGet, grpc }: Probe, seconds: number): string {
  if (exec) return `command "${(exec.command ?? []).join(' ')}" timed out after ${seconds}s`
  if (grpc) return `timeout: health rpc did not complete within ${seconds}s`
  return httpGet
    ? `no answer within ${seconds}s (context deadline exceeded)`
    : `no connection within ${seconds}s (i/o timeout)`
}

/** Rejects when the signal is aborted, whatever becomes of the work. */
function beforeAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('out of time')), { once: true })
    work.then(resolve, reject)
  })
}

async function stillRuns({ engine, containerId }: ProbeTarget, clock: Clock): Promise<boolean> {
  let cancel: () => void = () => undefined
  const patience = new Promise<undefined>(resolve => {
    cancel = clock.after(LINK_TIMEOUT_MS, () => resolve(undefined))
  })
  try {
    const container = await Promise.race([engine.inspectContainer(containerId), patience])
    return container?.state === 'running'
  } catch {
    return false // no answer: nothing is known
  } finally {
    cancel()
  }
}
