import { gatewayOf } from '../../plan/addresses.ts'
import type { Check, Examination, Judgement } from '../check.ts'
import { fail, ok, unseen, warn } from '../check.ts'
import { pings } from '../pings.ts'

/** Sizes that networks commonly have, biggest first; the link's own comes before them. */
const SIZES = [9000, 1500, 1492, 1480, 1460, 1450, 1440, 1420, 1400, 1380, 1360, 1300, 1280]
/** IP and ICMP headers. */
const HEADERS = 28

/** Do packets as big as the link says get to the other servers in one piece, and as big as the mesh says through it? */
export const mtu: Check = {
  name: 'mtu',
  inside: ({ peers }) =>
    [
      ...peers.flatMap(({ endpoint, podCidr }) => [
        `device=$(ip -4 -o route get ${endpoint} | sed -n 's/.* dev \\([^ ]*\\).*/\\1/p')`,
        `link=$(cat /sys/class/net/$device/mtu)`,
        `echo "link ${endpoint} $link $device"`,
        // one that answers no ping at all has not to be asked for every size
        `! fping -q -c 2 -p 100 -t 800 ${endpoint} >/dev/null 2>&1 || for size in $link ${SIZES.join(' ')}; do [ $size -gt $link ] || { fping -q -M -c 2 -p 100 -t 600 -b $((size - ${HEADERS})) ${endpoint} 2>&1 | grep -q '/0%' && echo "path ${endpoint} $size" && break; }; done`,
        `inner=$(cat /sys/class/net/cx-mesh/mtu 2>/dev/null || echo $link)`,
        `echo "inner ${gatewayOf(podCidr)} $inner"`,
        `fping -q -M -c 2 -p 100 -t 1000 -b $((inner - ${HEADERS})) ${gatewayOf(podCidr)}`,
      ]),
      'true',
    ].join('\n'),
  judge(examination) {
    const { inside, peers } = examination
    if (peers.length === 0) return []
    if (!inside) return unseen(examination)
    return peers.map(peer => judgePair(inside.text, peer))
  },
}

function judgePair(text: string, { name, endpoint, podCidr }: Examination['peers'][number]): Judgement {
  const extra = { peer: name }
  const gateway = gatewayOf(podCidr)
  const find = (what: string, of: string) =>
    new RegExp(`^${what} ${of.replaceAll('.', '\\.')} (\\d+) ?(\\S*)$`, 'm').exec(text)
  const [, link, device = 'eth0'] = find('link', endpoint) ?? []
  const path = find('path', endpoint)?.[1]
  const inner = find('inner', gateway)?.[1]
  const passes = (pings(text).get(gateway) ?? 0) > 0
  const smaller = link !== undefined && path !== undefined && Number(path) < Number(link)
  const mend = `sudo ip link set dev ${device} mtu ${path} && docker restart coxswain-system`
  if (passes && !smaller) return ok(`Packets of ${inner} bytes get to ${name} through the mesh.`, extra)
  if (smaller) {
    const what = `The way to ${name} takes packets of ${path} bytes, the link ${device} says ${link}`
    return passes ? warn(`${what}: bigger ones go in pieces.`, mend, extra) : fail(`${what}.`, mend, extra)
  }
  if (path !== undefined) {
    return fail(
      `Packets of ${inner} bytes do not get to ${name} through the mesh, though the way there takes ${path}. The check mesh says whether any do.`,
      'docker restart coxswain-system',
      extra,
    )
  }
  return {
    status: 'unknown',
    message: `${name} answers no ping, so that the way to it cannot be measured.`,
    ...extra,
  }
}
