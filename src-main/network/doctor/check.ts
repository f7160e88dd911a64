import type { ClusterRanges } from '../../api/cluster-ranges.ts'
import type { FindingStatus } from '../../api/doctor.ts'
import type { Node, Server, Service } from '../../api/types.ts'
import type { MeshMode } from '../plan/links.ts'

/** What a script printed, both streams together, and its exit code. */
export interface Output {
  code: number
  text: string
}

/** One server as the checks see it. */
export interface Subject {
  name: string
  server: Server
  node?: Node
  /** Where the other servers reach it; absent before its first connection. */
  endpoint?: string
  /** `10.244.3.0/24`; absent before it has one. */
  podCidr?: string
  connected: boolean
}

/** What checks know without asking the server. */
export interface Circumstances {
  subject: Subject
  /** The other servers that are connected and have a pod network. */
  peers: readonly (Subject & { endpoint: string; podCidr: string })[]
  ranges: ClusterRanges
  mode: MeshMode
  services: readonly Service[]
  /** Whether this server is to serve Ingresses. */
  runsIngress: boolean
}

/** … and with what it has answered. */
export interface Examination extends Circumstances {
  /** Absent where it could not be run. */
  inside?: Output
  outside?: Output
  /** When the script was sent and when its output was there, ms since the epoch. */
  times?: { sent: number; received: number }
  /** What another check's script printed inside this or another server's system container. */
  insideOf(server: string, check: string): Output | undefined
}

export interface Judgement {
  status: FindingStatus
  message: string
  mend?: string
  /** Where the command belongs, a server or a router; by default on the examined server. */
  mendOn?: string | 'here'
  peer?: string
}

/**
 * One question about a server's network. Its scripts only look; judging their output is a pure function. A new check is
 * a file in `checks/` and a line in `checks/index.ts`.
 */
export interface Check {
  name: string
  /** Shell for the system container: root in the server's network, with bash, ip, nft, ss, fping, wg. */
  inside?(circumstances: Circumstances): string
  /** Shell for the server itself, as the user that is logged in, with whatever is installed there. */
  outside?(circumstances: Circumstances): string
  /** Its script is run by itself, for its times matter. */
  timed?: boolean
  /** @returns nothing when there is nothing to be said */
  judge(examination: Examination): Judgement[]
}

export const ok = (message: string, extra: Partial<Judgement> = {}): Judgement => ({
  status: 'ok',
  message,
  ...extra,
})
export const warn = (message: string, mend?: string, extra: Partial<Judgement> = {}): Judgement => ({
  status: 'warn',
  message,
  ...(mend === undefined ? {} : { mend }),
  ...extra,
})
export const fail = (message: string, mend: string, extra: Partial<Judgement> = {}): Judgement => ({
  status: 'fail',
  message,
  mend,
  ...extra,
})

/** Why nothing can be said, when neither place has answered. */
export function unseen({ subject }: Circumstances): Judgement[] {
  // that it is not connected is said once, by the check `reachable`
  if (!subject.connected) return []
  return [
    {
      status: 'unknown',
      message:
        'Could not look: there is no container coxswain-system to run commands in, and no command could be run over SSH.',
    },
  ]
}
