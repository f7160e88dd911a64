import type { KubeObject } from '../../src-main/api/types.ts'
import type { ResourceName } from '../api/resources.ts'
import { configMapRows, secretRows } from './config.ts'
import { deploymentRows } from './deployments.ts'
import { eventRows } from './events.ts'
import { podRows } from './pods.ts'
import { ingressRows } from './ingresses.ts'
import { replicaSetRows } from './replicasets.ts'
import type { RowKind } from './row-kind.ts'
import { serverRows } from './servers.ts'
import { serviceRows } from './services.ts'

/** The kinds that have a page, by resource. A method's parameter is bivariant, so each fits the general form. */
export const rowKinds: Readonly<Partial<Record<ResourceName, RowKind>>> = Object.freeze({
  servers: serverRows,
  deployments: deploymentRows,
  replicasets: replicaSetRows,
  pods: podRows,
  services: serviceRows,
  ingresses: ingressRows,
  configmaps: configMapRows,
  secrets: secretRows,
  events: eventRows,
} as Partial<Record<ResourceName, RowKind<KubeObject>>>)
