export type PolicyProtocol = 'tcp' | 'udp' | 'sctp'

/** A pod that policies can be about: it has an address of its own and has not ended. */
export interface PolicyPod {
  /** `namespace/name` */
  id: string
  ip: string
  namespace: string
  labels: Readonly<Record<string, string>>
  /** Of its containers, by name. */
  ports: readonly { name: string; protocol: PolicyProtocol; port: number }[]
}

/** Addresses outside, as `ipBlock` names them: whole networks, such as `10.0.0.0/8`. */
export interface AddressBlock {
  cidr: string
  except: readonly string[]
}

/** The other end of a connection: one of these. */
export interface PolicyPeers {
  /** The pods that selectors choose. */
  pods: readonly string[]
  blocks: readonly AddressBlock[]
  /** A selector chooses the cluster's name server, which is at the gateway of every server's pods. */
  nameServer: boolean
}

/** Ports of one protocol: those of a range, or the one of a name; all of them if it has neither. */
export interface PolicyPort {
  protocol: PolicyProtocol
  /** First and last one. */
  range?: readonly [number, number]
  name?: string
}

/** What a rule lets through: who, and where to. Both must fit. */
export interface PolicyRule {
  /** Absent: anybody. */
  peers?: PolicyPeers
  /** Absent: whatever it is, also what has no ports. */
  ports?: readonly PolicyPort[]
}

/** One NetworkPolicy with its selectors looked up. */
export interface Policy {
  /** `namespace/name` */
  id: string
  /** Addresses of the pods that it is about. */
  pods: readonly string[]
  /** What may come in; absent: it says nothing about that. */
  ingress?: readonly PolicyRule[]
  /** What may go out; absent: it says nothing about that. */
  egress?: readonly PolicyRule[]
}

/** All NetworkPolicies, in the order of their names. */
export interface ClusterPolicies {
  policies: readonly Policy[]
  /** `ADDRESS . PORT` of each pod's port of a name that policies use, by `name/protocol`. */
  namedPorts: ReadonlyMap<string, readonly string[]>
}

export const portKey = (name: string, protocol: PolicyProtocol): string => `${name}/${protocol}`
