import type { WebSocket } from 'ws'
import type { Clock } from '../../lib/clock.ts'
import type { ExecOptions } from '../pod-streams.ts'
import { type CommandChannels, encodeOutcome } from './command.ts'
import { CHANNEL, WebSocketChannels } from './websocket/channels.ts'

/** Best first. v5 adds that one channel can be closed; the unversioned ones tell a failure in plain text. */
export const WEBSOCKET_COMMAND_PROTOCOLS = [
  'v5.channel.k8s.io',
  'v4.channel.k8s.io',
  'v4.base64.channel.k8s.io',
  'base64.channel.k8s.io',
  'channel.k8s.io',
]

/** The streams of an exec or attach over a WebSocket. */
export function websocketCommandChannels(
  websocket: WebSocket,
  { options, protocol, clock }: { options: ExecOptions; protocol: string; clock: Clock },
): CommandChannels {
  const base64 = protocol.includes('base64')
  const channels = new WebSocketChannels(websocket, { clock, base64 })
  const error = channels.writable(CHANNEL.error)
  const stdout = options.stdout ? channels.writable(CHANNEL.stdout) : undefined
  const stderr = options.stderr ? channels.writable(CHANNEL.stderr) : undefined
  // as kube-apiserver: an empty message tells that the connection stands
  ;(stdout ?? stderr ?? error).write('')
  return {
    ...(options.stdin ? { stdin: channels.readable(CHANNEL.stdin) } : {}),
    ...(stdout ? { stdout } : {}),
    ...(stderr ? { stderr } : {}),
    ...(options.tty ? { resize: channels.readable(CHANNEL.resize) } : {}),
    finish(outcome) {
      error.end(encodeOutcome(outcome, protocol), () => channels.close())
    },
    closed: channels.closed,
  }
}
