import type { Check } from '../check.ts'
import { bridgeNetfilter } from './bridge-netfilter.ts'
import { cidr } from './cidr.ts'
import { clock } from './clock.ts'
import { firewall } from './firewall.ts'
import { forwarding } from './forwarding.ts'
import { mesh } from './mesh.ts'
import { mtu } from './mtu.ts'
import { network } from './network.ts'
import { ports } from './ports.ts'
import { reachable } from './reachable.ts'
import { wireguard } from './wireguard.ts'

/** Every check, in the order in which they are shown. A new one is a file and a line here. */
export const checks: readonly Check[] = [
  reachable,
  network,
  cidr,
  clock,
  forwarding,
  bridgeNetfilter,
  firewall,
  ports,
  wireguard,
  mesh,
  mtu,
]
