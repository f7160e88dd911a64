import type { Client } from '../api/client.ts'
import { NETWORK_CONFIG } from '../api/cluster-ranges.ts'
import { ConfigMapKind } from '../api/kinds/config-map.ts'
import { NGINX } from '../api/kinds/ingress-annotations.ts'
import { IngressClassKind } from '../api/kinds/ingress-class.ts'
import { IngressKind } from '../api/kinds/ingress.ts'
import { SecretKind } from '../api/kinds/secret.ts'
import { NodeKind } from '../api/kinds/node.ts'
import type { Ingress, Node } from '../api/types.ts'
import type { Clock } from '../lib/clock.ts'
import { type Dispose, Disposers } from '../lib/disposer.ts'
import { chooseLeader } from './ingress-leader.ts'
import { meshServers } from './mesh-servers.ts'
import { gatewayOf } from './plan/addresses.ts'
import type { AcmeSettings, IngressObjects, IngressServer } from './plan/ingress/model.ts'
import { STORE_SECRET, storeLeader, storePair } from './store-pair.ts'

/** On a Node or its Server: `false` keeps the ingress off that server. */
const INGRESS_LABEL = 'coxswain.io/ingress'

export function runsIngress({ metadata }: Node): boolean {
  return metadata.labels?.[INGRESS_LABEL] !== 'false'
}

/** The objects that the ingress is made of. */
export class IngressSource {
  readonly #client: Client
  readonly #clock: Clock
  #changed: () => void = () => undefined
  #cancelLook: () => void = () => undefined

  constructor({ client, clock }: { client: Client; clock: Clock }) {
    this.#client = client
    this.#clock = clock
  }

  objects(): IngressObjects {
    const ingresses = this.#client.list(IngressKind)
    const names = new Set(ingresses.flatMap(secretsOf))
    const secrets = [...names].flatMap(key => {
      const [namespace, name = ''] = key.split('/')
      return this.#client.get(SecretKind, name, namespace) ?? []
    })
    const store = storePair(this.#client)
    return {
      ingresses,
      classes: this.#client.list(IngressClassKind),
      secrets,
      acme: this.#acme(),
      servers: this.#servers(),
      ...(store ? { store } : {}),
    }
  }

  /** Calls `changed` when the ingress may have to be another. */
  watch(changed: () => void): Dispose {
    const disposers = new Disposers()
    this.#changed = changed
    disposers.add(() => {
      this.#changed = () => undefined
      this.#cancelLook()
    })
    disposers.add(
      this.#client.watch(IngressKind, ({ object, previous, type }) => {
        // its status is written by us
        if (type !== 'MODIFIED' || !previous || !sameWish(object, previous)) changed()
      }),
    )
    disposers.add(this.#client.watch(IngressClassKind, changed))
    disposers.add(
      this.#client.watch(SecretKind, ({ object: { metadata } }) => {
        const key = `${metadata.namespace}/${metadata.name}`
        if (key === `${STORE_SECRET.namespace}/${STORE_SECRET.name}`) changed()
        const ingresses = this.#client.list(IngressKind, { namespace: metadata.namespace })
        if (ingresses.some(ingress => secretsOf(ingress).includes(key))) changed()
      }),
    )
    return () => disposers.disposeAll()
  }

  /** By name, behind the one that obtains certificates. */
  #servers(): IngressServer[] {
    const nodes: Node[] = []
    const servers = meshServers(this.#client).flatMap(({ name, podCidr }) => {
      const node = this.#client.get(NodeKind, name)
      if (!node || !runsIngress(node)) return []
      nodes.push(node)
      return [{ name, gateway: gatewayOf(podCidr) }]
    })
    const nowMs = this.#clock.now()
    const leader = chooseLeader(nodes, { former: storeLeader(this.#client), nowMs })
    this.#cancelLook()
    if (leader?.dueMs !== undefined)
      this.#cancelLook = this.#clock.after(leader.dueMs - nowMs, () => this.#changed())
    const rank = ({ name }: IngressServer) => (name === leader?.name ? 0 : 1)
    return servers.sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1))
  }

  #acme(): AcmeSettings {
    const data = this.#client.get(ConfigMapKind, NETWORK_CONFIG.name, NETWORK_CONFIG.namespace)?.data ?? {}
    return {
      ...(data['acme-directory'] ? { directory: data['acme-directory'] } : {}),
      ...(data['acme-email'] ? { email: data['acme-email'] } : {}),
      ...(data['acme-trusted-roots'] ? { trustedRoots: data['acme-trusted-roots'] } : {}),
      everywhere: data.acme === 'true',
    }
  }
}

/** `namespace/name` of the Secrets that an Ingress names. */
function secretsOf({ metadata, spec }: Ingress): string[] {
  const auth = metadata.annotations?.[`${NGINX}auth-secret`]
  const names = [...(spec.tls ?? []).flatMap(({ secretName }) => secretName ?? []), ...(auth ? [auth] : [])]
  return names.map(name => (name.includes('/') ? name : `${metadata.namespace}/${name}`))
}

function sameWish(a: Ingress, b: Ingress): boolean {
  const wish = ({ metadata, spec }: Ingress) =>
    JSON.stringify([spec, metadata.annotations, metadata.deletionTimestamp])
  return wish(a) === wish(b)
}
