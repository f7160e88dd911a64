import { createClusterRangesController } from './cluster-ranges.ts'
import { createCustomResourcesController } from './custom-resources.ts'
import { createDeploymentController } from './deployment/deployment-controller.ts'
import {
  createRolloutRequestsController,
  type RolloutRequestsOptions,
} from './deployment/rollout-requests.ts'
import { createEndpointsController } from './endpoints/endpoints-controller.ts'
import { createGarbageCollector } from './garbage-collector.ts'
import { createNamespaceController, type NamespaceControllerOptions } from './namespace.ts'
import { createNodeIpamController, type NodeIpamOptions } from './node-ipam.ts'
import {
  createNodeLifecycleController,
  type NodeLifecycleOptions,
} from './node-lifecycle/node-lifecycle-controller.ts'
import { createPodGcController } from './pod-gc.ts'
import { createReplicaSetController } from './replica-set/replica-set-controller.ts'
import type { Controller } from './runtime/controller.ts'
import { createServiceAccountController } from './service-account.ts'
import { createServiceAddressesController, type ServiceAddressesOptions } from './service-addresses.ts'

export type ControllersOptions = NamespaceControllerOptions &
  NodeIpamOptions &
  NodeLifecycleOptions &
  RolloutRequestsOptions &
  ServiceAddressesOptions

/** Every control loop. A new one is a file (or a folder) and a line here. */
const factories: readonly ((options: ControllersOptions) => Controller)[] = [
  createClusterRangesController,
  createNodeIpamController,
  createNodeLifecycleController,
  createNamespaceController,
  createGarbageCollector,
  createPodGcController,
  createReplicaSetController,
  createDeploymentController,
  createRolloutRequestsController,
  createServiceAddressesController,
  createEndpointsController,
  createServiceAccountController,
  createCustomResourcesController,
]

/** Starts all control loops. `stop` resolves when the work in hand has ended. */
export function startControllers(options: ControllersOptions): { stop(): Promise<void> } {
  const controllers = factories.map(create => create(options))
  for (const controller of controllers) controller.start()
  return {
    async stop() {
      await Promise.all(controllers.map(controller => controller.stop()))
    },
  }
}
