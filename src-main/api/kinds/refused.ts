import type { KubeObject } from '../types.ts'
import type { Kind } from './kind.ts'
import { createdAtColumn, nameColumn } from './printing/columns.ts'

function refusedKind(
  { group, kind, plural, shortNames }: Pick<Kind, 'group' | 'kind' | 'plural' | 'shortNames'>,
  schema: string,
  refused: string,
): Kind<KubeObject> {
  return {
    group,
    version: 'v1',
    kind,
    plural,
    singular: kind.toLowerCase(),
    namespaced: false,
    shortNames,
    subresources: [],
    schema,
    refused,
    columns: [nameColumn, createdAtColumn],
  }
}

const ADMISSION = 'admissionregistration.k8s.io'
const NO_WEBHOOKS =
  'Coxswain calls no admission webhooks, so that what they would check or change would pass unseen: leave this object out (charts have a setting for it)'

/**
 * Kinds that cannot be honoured at all. They are known, so that a manifest with one of them is told why it is refused,
 * and tools that list them find none.
 */
export const refusedKinds: readonly Kind[] = [
  refusedKind(
    { group: ADMISSION, kind: 'ValidatingWebhookConfiguration', plural: 'validatingwebhookconfigurations' },
    'io.k8s.api.admissionregistration.v1.ValidatingWebhookConfiguration',
    NO_WEBHOOKS,
  ),
  refusedKind(
    { group: ADMISSION, kind: 'MutatingWebhookConfiguration', plural: 'mutatingwebhookconfigurations' },
    'io.k8s.api.admissionregistration.v1.MutatingWebhookConfiguration',
    NO_WEBHOOKS,
  ),
  refusedKind(
    { group: 'apiregistration.k8s.io', kind: 'APIService', plural: 'apiservices' },
    'io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIService',
    'Coxswain forwards no requests to API servers that run in pods: leave this object out',
  ),
]
