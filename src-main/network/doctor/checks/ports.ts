import type { Check, Circumstances } from '../check.ts'
import { fail, ok, unseen, warn } from '../check.ts'
import type { Judgement } from '../check.ts'

const INGRESS_PORTS = [80, 443]
const LOOK = 'ss -Hlntup'

/** A program that listens, as `ss -Hlntup` shows it. */
export interface Listener {
  protocol: 'tcp' | 'udp'
  address: string
  port: number
  /** Only what runs as the one who asks, or anything for root. */
  program?: string
}

export function parseListeners(text: string): Listener[] {
  return text.split('\n').flatMap(line => {
    const [protocol, , , , local = ''] = line.trim().split(/\s+/)
    const port = Number(local.slice(local.lastIndexOf(':') + 1))
    if ((protocol !== 'tcp' && protocol !== 'udp') || !Number.isInteger(port)) return []
    const program = /users:\(\("([^"]+)"/.exec(line)?.[1]
    const address = local.slice(0, local.lastIndexOf(':')).replace(/%.*$/, '')
    return [{ protocol, address, port, ...(program ? { program } : {}) }]
  })
}

/** Are the ports of the ingress and of Services free of other programs? */
export const ports: Check = {
  name: 'ports',
  // in its own namespace of processes the container names only its own
  inside: () => LOOK,
  outside: () => `${LOOK}; true`,
  judge(examination) {
    const { inside, outside } = examination
    if (!inside) return unseen(examination)
    const named = parseListeners(outside?.text ?? '')
    const foreign = parseListeners(inside.text).filter(
      ({ program, address }) => program === undefined && !/^\[?(127\.|::1)/.test(address),
    )
    const found = new Map<string, Judgement>()
    for (const { protocol, port } of foreign) {
      const program = named.find(other => other.protocol === protocol && other.port === port)?.program
      const judgement = judgePort(examination, protocol, port, program)
      if (judgement) found.set(`${protocol} ${port}`, judgement)
    }
    return found.size > 0 ? [...found.values()] : [ok('The ports of the ingress and of Services are free.')]
  },
}

function judgePort(
  { services, runsIngress }: Circumstances,
  protocol: 'tcp' | 'udp',
  port: number,
  program: string | undefined,
): Judgement | undefined {
  const who = program ?? 'A program'
  const stop = stopOf(program, port)
  if (protocol === 'tcp' && INGRESS_PORTS.includes(port) && runsIngress) {
    return fail(`${who} listens at TCP ${port}, which the ingress needs.`, stop)
  }
  const service = services.find(({ spec }) =>
    (spec.ports ?? []).some(
      ({ nodePort, port: own, protocol: of = 'TCP' }) =>
        of.toLowerCase() === protocol &&
        (nodePort === port || (spec.type === 'LoadBalancer' && own === port)),
    ),
  )
  if (!service) return undefined
  const { name, namespace } = service.metadata
  return warn(
    `${who} listens at ${protocol.toUpperCase()} ${port}, which belongs to the Service ${namespace}/${name}: it is not reached from outside.`,
    stop,
  )
}

/** A container is Docker's to name; a program without a name is root's to ask for. */
function stopOf(program: string | undefined, port: number): string {
  if (program === 'docker-proxy') return `docker rm -f $(docker ps -q --filter publish=${port})`
  if (program !== undefined)
    return `sudo systemctl disable --now ${program === 'httpd' ? 'apache2' : program}`
  return `sudo kill $(sudo ss -lntupH 'sport = :${port}' | grep -o 'pid=[0-9]*' | cut -d= -f2)`
}
