import type { Client } from '../api/client.ts'
import { NETWORK_CONFIG } from '../api/cluster-ranges.ts'
import { ConfigMapKind } from '../api/kinds/config-map.ts'
import { NGINX } from '../api/kinds/ingress-annotations.ts'
import { IngressClassKind } from '../api/kinds/ingress-class.ts'
import { IngressKind } from '../api/kinds/ingress.ts'
import { SecretKind } from '../api/kinds/secret.ts'
import type { Ingress, Node } from '../api/types.ts'
import { type Dispose, Disposers } from '../lib/disposer.ts'
import type { AcmeSettings, IngressObjects } from './plan/ingress/model.ts'

/** On a Node or its Server: `false` keeps the ingress off that server. */
const INGRESS_LABEL = 'coxswain.io/ingress'

export function runsIngress({ metadata }: Node): boolean {
  return metadata.labels?.[INGRESS_LABEL] !== 'false'
}

/** The objects that the ingress is made of. */
export class IngressSource {
  readonly #client: Client

  constructor(client: Client) {
    this.#client = client
  }

  objects(): IngressObjects {
    const ingresses = this.#client.list(IngressKind)
    const names = new Set(ingresses.flatMap(secretsOf))
    const secrets = [...names].flatMap(key => {
      const [namespace, name = ''] = key.split('/')
      return this.#client.get(SecretKind, name, namespace) ?? []
    })
    return { ingresses, classes: this.#client.list(IngressClassKind), secrets, acme: this.#acme() }
  }

  /** Calls `changed` when the ingress may have to be another. */
  watch(changed: () => void): Dispose {
    const disposers = new Disposers()
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
        const ingresses = this.#client.list(IngressKind, { namespace: metadata.namespace })
        if (ingresses.some(ingress => secretsOf(ingress).includes(key))) changed()
      }),
    )
    return () => disposers.disposeAll()
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
