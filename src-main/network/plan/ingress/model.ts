import type { EndpointSlice, Ingress, IngressClass, Secret, Service } from '../../../api/types.ts'

/** A piece of Caddy's configuration. */
export type Json = { [name: string]: unknown }

/** https://caddyserver.com/docs/json/apps/http/servers/routes/ */
export interface CaddyRoute {
  match?: Json[]
  handle: Json[]
  terminal?: boolean
  /** Of the routes of a group only the first that matches is taken. */
  group?: string
}

/** How certificates are obtained for hosts that have none. */
export interface AcmeSettings {
  /** The authority's directory; absent: Let's Encrypt. */
  directory?: string
  email?: string
  /** Certificates, in PEM, by which a private authority's own address is trusted. */
  trustedRoots?: string
  /** For every host without a Secret, not only where an annotation says so. */
  everywhere?: boolean
}

/** What the plan rests on. */
export interface IngressObjects {
  ingresses: readonly Ingress[]
  classes: readonly IngressClass[]
  /** At least those that the Ingresses name. */
  secrets: readonly Secret[]
  acme?: AcmeSettings
  /** The servers that run the ingress; the first one obtains certificates for all. */
  servers: readonly IngressServer[]
  /** By which these servers know one another; absent until it is made. */
  store?: StorePair
}

export interface IngressServer {
  name: string
  /** Where the others reach it through the mesh. */
  gateway: string
}

/** A certificate that is its own authority, and its key, in PEM. */
export interface StorePair {
  certificate: string
  key: string
}

/** What routes look up. */
export interface Backends {
  services: ReadonlyMap<string, Service>
  slices: ReadonlyMap<string, readonly EndpointSlice[]>
  secrets: ReadonlyMap<string, Secret>
}

/** Something about an Ingress that its owner should know; the rest of it works. */
export interface IngressProblem {
  ingress: Ingress
  reason: string
  message: string
}

export type Tell = (reason: string, message: string) => void

/** `namespace/name`. */
export function keyOf({ metadata }: { metadata: { namespace?: string; name: string } }): string {
  return `${metadata.namespace}/${metadata.name}`
}
