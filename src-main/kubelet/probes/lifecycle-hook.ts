import { sleep, type Clock } from '../../lib/clock.ts'
import type { Container } from '../../api/types.ts'
import { dial } from './dial.ts'
import { execCommand } from './exec-command.ts'
import { httpGet } from './http-get.ts'
import { portOf, type ProbeTarget } from './result.ts'

export type Hook = NonNullable<NonNullable<Container['lifecycle']>['preStop']>

/**
 * Runs a postStart or preStop hook to its end, or until the signal is aborted. Any HTTP answer is a success.
 * Source: kubernetes pkg/kubelet/lifecycle/handlers.go.
 * @throws Error that says what failed
 */
export async function runHook(
  target: ProbeTarget,
  hook: Hook,
  { clock, signal }: { clock: Clock; signal: AbortSignal },
): Promise<void> {
  const { exec, httpGet: http, tcpSocket, sleep: pause } = hook
  if (exec) {
    const { exitCode, output } = await execCommand(target, exec.command ?? [], signal)
    if (signal.aborted) throw new Error('it was not done when its time was over')
    if (exitCode === 0) return
    const words = output.trim()
    throw new Error(
      `command "${(exec.command ?? []).join(' ')}" exited with ${exitCode}${words ? `: ${words}` : ''}`,
    )
  }
  if (http) await httpGet(target, http, signal)
  else if (tcpSocket) {
    const port = portOf(target.container, tcpSocket.port)
    const connection = await dial(target.engine, { host: tcpSocket.host || target.address, port }, signal)
    connection.destroy()
  } else if (pause) await sleep(clock, pause.seconds * 1000, signal)
}
