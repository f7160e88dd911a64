import type { Requirement } from '../../lib/labels.ts'
import type { KubeObject } from '../types.ts'
import type { FieldErrors } from '../validation/field-errors.ts'

/** A column of the server-side Table; `priority` 1 shows only with `-o wide`. */
export interface Column<T> {
  name: string
  type: 'string' | 'integer' | 'date' | 'number' | 'boolean'
  format?: string
  description: string
  priority?: 0 | 1
  /** The cell. `now` is in ms since the epoch, for ages. */
  cell(object: T, now: number): string | number | boolean | null
}

/** How `/scale` maps onto a kind. */
export interface ScaleMapping<T> {
  replicas(object: T): number
  setReplicas(draft: T, replicas: number): void
  statusReplicas(object: T): number
  /** The selector in its query form, e.g. `app=web`. */
  selector(object: T): string
}

/** Reads a field selector's value. A method's type, so that a `Kind<Pod>` is also a `Kind`. */
export type FieldReader<T> = { read(object: T): string }['read']

export type Subresource =
  | 'status'
  | 'scale'
  | 'log'
  | 'exec'
  | 'attach'
  | 'portforward'
  | 'proxy'
  | 'eviction'
  | 'binding'
  | 'ephemeralcontainers'
  | 'finalize'
  | 'token'

/** A field that is accepted but that nothing acts on yet. */
export interface NotHonoured {
  /** Path such as `spec.containers[0].lifecycle.preStop`. */
  field: string
  /** One sentence: what happens instead. */
  why: string
}

/** Reads other objects, for what depends on them. */
export interface Lookup {
  get<T extends KubeObject>(kind: Kind<T>, name: string, namespace?: string): T | undefined
  list<T extends KubeObject>(kind: Kind<T>): T[]
  /** Those on their way into the store: it has not got them yet, or has them as they were before. */
  writing<T extends KubeObject>(kind: Kind<T>): Iterable<T>
}

/** How one version of a kind relates to the one that its objects are stored in. */
export interface StoredAs {
  kind: Kind
  /** The stored form of a draft, which may be changed on the way. */
  toStored(draft: KubeObject): KubeObject
  /** The form of this version. Pure: the stored object is shared. */
  fromStored(object: KubeObject): KubeObject
}

/**
 * All that the API knows about one kind. A kind is one file in this folder and a line in `index.ts`.
 * Functions are pure; objects passed to `defaults` and the `prepare…` functions are drafts to change in place.
 */
export interface Kind<T extends KubeObject = KubeObject> {
  /** `''` is the core group. */
  group: string
  version: string
  kind: string
  /** Lower-case plural, the name in URLs. */
  plural: string
  singular: string
  namespaced: boolean
  shortNames?: string[]
  categories?: string[]
  subresources: readonly Subresource[]
  /** What Kubernetes has below such an object and we cannot: why, as the end of a sentence. */
  refusedSubresources?: Readonly<Record<string, string>>
  /** The JSON Schema definition for structural validation: its name in resources/schema, or the schema itself. */
  schema: string | object
  /** Metadata name rule. Default: DNS subdomain. */
  nameRule?: 'dns-subdomain' | 'dns-label' | 'path-segment'
  /**
   * Fills in what Kubernetes fills in; idempotent: applied twice it changes nothing. A write that changes only metadata
   * or status goes without.
   */
  defaults?(draft: T): void
  /** Removes what is null and thereby absent, metadata aside. Default: all that is null. */
  dropNulls?(draft: T): void
  /** Semantic validation beyond the schema; pushes every offending field. `old` is there on updates. */
  validate?(object: T, errors: FieldErrors, old?: T): void
  /**
   * Rules that an object is held against once it is valid otherwise. Yields after each one: between two of them others
   * may have their turn. `warn` takes what would be an error, had the value not been so before.
   */
  rules?(
    object: T,
    errors: FieldErrors,
    context: { old?: T; warn?: (sentence: string) => void },
  ): Iterable<void>
  /** Keep the status that comes with a create (a kubelet registers its Node with one). Default: it is dropped. */
  statusOnCreate?: boolean
  /**
   * Runs after defaults on create: initial status, allocated fields.
   * @throws StatusError for what may not be made as things are
   */
  prepareForCreate?(draft: T, lookup: Lookup): void
  /**
   * Runs on update of the main resource, after `status` and server-owned metadata were carried over.
   * @throws StatusError as `prepareForCreate`
   */
  prepareForUpdate?(draft: T, old: T, lookup: Lookup): void
  /** As `prepareForUpdate`, when more than metadata and status changes. */
  prepareForChange?(draft: T, old: T): void
  /** This is another version of a kind: its objects are stored in that one's form. See `versions.ts`. */
  storedAs?: StoredAs
  /** Made from a CustomResourceDefinition: null may be a value, and lists have no merge keys. */
  custom?: true
  /** Why no such object can be made: the kind is known, and cannot be honoured. */
  refused?: string
  /** Fields accepted without effect, named for the Warning header and the event. */
  notHonoured?(object: T): readonly NotHonoured[]
  /** Field selectors besides metadata.name and metadata.namespace. */
  fieldSelectors?: Record<string, FieldReader<T>>
  columns: Column<T>[]
  scale?: ScaleMapping<T>
  /** Why this very object may not be deleted, as the end of a sentence. Default: any may. */
  refuseDeletion?(object: T): string | undefined
  /** A collection of such objects cannot be deleted. */
  deletedOneByOne?: true
  /** Grace in seconds before the object goes away: pods wait for their kubelet. Default 0: at once. */
  gracePeriodSeconds?(object: T, requested: number | undefined): number
}

/** What a list or watch is narrowed to. */
export interface Selection {
  namespace?: string
  labels?: readonly Requirement[]
  /** Uid of an owner (ownerReferences). */
  owner?: string
  /** `spec.nodeName`. */
  node?: string
}

/** `apps/v1`, or `v1` for the core group. */
export function apiVersionOf(kind: { group: string; version: string }): string {
  return kind.group ? `${kind.group}/${kind.version}` : kind.version
}

/** The store's name for a kind's objects: `deployments.apps`, or `pods` for the core group. */
export function resourceOf(kind: Pick<Kind, 'group' | 'plural' | 'storedAs'>): string {
  const { group, plural } = kind.storedAs?.kind ?? kind
  return group ? `${plural}.${group}` : plural
}
