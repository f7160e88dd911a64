/** A pod (or an address outside) that takes a Service's traffic, at one port. */
export interface Endpoint {
  ip: string
  port: number
  /** The server it runs on. */
  node?: string
}

export type Protocol = 'tcp' | 'udp'

/** One port of a Service: where it is reached, and what answers. */
export interface ServicePort {
  /** `namespace/name:port`, for people who read the rules. */
  id: string
  protocol: Protocol
  port: number
  /** Its virtual addresses. */
  addresses: string[]
  /** `spec.externalIPs`. */
  externalAddresses: string[]
  nodePort?: number
  /** A load balancer: the servers' own addresses take its traffic at the Service's port. */
  onServers: boolean
  /** A load balancer: whose traffic it takes there, such as `192.0.2.0/24`; absent: anybody's. */
  sourceRanges?: string[]
  /** `sessionAffinity: ClientIP`. */
  sticky: boolean
  /** `internalTrafficPolicy: Local`. */
  internalLocal: boolean
  /** `externalTrafficPolicy: Local`. */
  externalLocal: boolean
  /** Ready ones only, each once. */
  endpoints: Endpoint[]
}
