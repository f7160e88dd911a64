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

const NO_POLICIES =
  'Coxswain evaluates no admission policies, so that what they forbid would pass unseen: leave this object out'
const OWN_ADDRESSES =
  'Coxswain hands out the addresses of Services itself, from the range that it was started with'

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
    { group: ADMISSION, kind: 'ValidatingAdmissionPolicy', plural: 'validatingadmissionpolicies' },
    'io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicy',
    NO_POLICIES,
  ),
  refusedKind(
    {
      group: ADMISSION,
      kind: 'ValidatingAdmissionPolicyBinding',
      plural: 'validatingadmissionpolicybindings',
    },
    'io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyBinding',
    NO_POLICIES,
  ),
  refusedKind(
    {
      group: 'certificates.k8s.io',
      kind: 'CertificateSigningRequest',
      plural: 'certificatesigningrequests',
      shortNames: ['csr'],
    },
    'io.k8s.api.certificates.v1.CertificateSigningRequest',
    'Coxswain signs no certificates for clients: `cox kubeconfig` gives access to the API',
  ),
  refusedKind(
    { group: 'networking.k8s.io', kind: 'ServiceCIDR', plural: 'servicecidrs' },
    'io.k8s.api.networking.v1.ServiceCIDR',
    OWN_ADDRESSES,
  ),
  refusedKind(
    { group: 'networking.k8s.io', kind: 'IPAddress', plural: 'ipaddresses', shortNames: ['ip'] },
    'io.k8s.api.networking.v1.IPAddress',
    OWN_ADDRESSES,
  ),
  refusedKind(
    { group: 'apiregistration.k8s.io', kind: 'APIService', plural: 'apiservices' },
    'io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIService',
    'Coxswain forwards no requests to API servers that run in pods: leave this object out',
  ),
]
