import type { Duplex } from 'node:stream'
import type { ApiRequest } from '../http/exchange.ts'
import type { ResourceTarget } from '../http/target.ts'
import { runCommand } from './command.ts'
import { commandRequest } from './command-request.ts'
import { portForwardRequest } from './port-forward.ts'
import { SPDY_COMMAND_PROTOCOLS, spdyCommandChannels } from './spdy-command.ts'
import { PORT_FORWARD_PROTOCOL, serveSpdyPortForward } from './spdy-port-forward.ts'
import { negotiateProtocol, switchToSpdy } from './spdy-upgrade.ts'

/** `pods/exec` and `pods/attach`, as kubectl up to 1.29 speaks. */
export async function spdyCommand(
  request: ApiRequest,
  target: ResourceTarget,
  socket: Duplex,
): Promise<void> {
  const protocol = negotiateProtocol(request.request, SPDY_COMMAND_PROTOCOLS)
  const { options, open } = commandRequest(request, target)
  switchToSpdy(socket, protocol)
  const { clock } = request.services
  await runCommand(await spdyCommandChannels(socket, { options, protocol, clock }), open)
}

/** `pods/portforward`, as kubectl up to 1.30 speaks. */
export async function spdyPortForward(
  request: ApiRequest,
  target: ResourceTarget,
  socket: Duplex,
): Promise<void> {
  const protocol = negotiateProtocol(request.request, [PORT_FORWARD_PROTOCOL])
  const dial = portForwardRequest(request, target)
  switchToSpdy(socket, protocol)
  await serveSpdyPortForward(socket, { clock: request.services.clock, dial })
}
