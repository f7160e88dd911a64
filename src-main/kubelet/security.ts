import type { Container, Pod } from '../api/types.ts'
import type { ContainerSpec, EngineImage } from '../engine/engine.ts'
import { ConfigError } from './config-error.ts'

type Security = NonNullable<ContainerSpec['security']>

/**
 * The pod's and the container's securityContext in the engine's words; the container's own wins.
 * @throws ConfigError for a localhost seccomp profile, which is a file on a server that Coxswain does not keep
 */
export function security(pod: Pod, container: Container): Security {
  const ofPod = pod.spec.securityContext ?? {}
  const own = container.securityContext ?? {}
  const seccomp = own.seccompProfile ?? ofPod.seccompProfile
  const appArmor = own.appArmorProfile ?? ofPod.appArmorProfile
  if (seccomp?.type === 'Localhost') {
    throw new ConfigError(
      `the seccomp profile ${seccomp.localhostProfile} would be a file of the server; use RuntimeDefault or Unconfined`,
    )
  }
  const groups = [
    ...(ofPod.supplementalGroups ?? []),
    ...(ofPod.fsGroup === undefined ? [] : [ofPod.fsGroup]),
  ]
  return {
    privileged: own.privileged,
    readOnlyRootFilesystem: own.readOnlyRootFilesystem,
    capAdd: own.capabilities?.add,
    capDrop: own.capabilities?.drop,
    noNewPrivileges: own.allowPrivilegeEscalation === false,
    seccomp: seccomp?.type === 'Unconfined' ? 'unconfined' : undefined,
    apparmor: appArmor?.type === 'Unconfined' ? 'unconfined' : appArmor?.localhostProfile,
    groupAdd: groups.length > 0 ? groups.map(String) : undefined,
  }
}

/** The pod's sysctls, for the container that owns its namespaces. */
export function sysctls({ spec }: Pod): Record<string, string> | undefined {
  const list = spec.securityContext?.sysctls
  return list && Object.fromEntries(list.map(({ name, value }) => [name, value]))
}

/**
 * `user[:group]` to run as; undefined: as the image says.
 * Source: kubernetes pkg/kubelet/kuberuntime/security_context.go verifyRunAsNonRoot.
 * @throws ConfigError when runAsNonRoot is asked for and root would run
 */
export function runAs(pod: Pod, container: Container, image: EngineImage): string | undefined {
  const ofPod = pod.spec.securityContext ?? {}
  const own = container.securityContext ?? {}
  const user = own.runAsUser ?? ofPod.runAsUser
  const group = own.runAsGroup ?? ofPod.runAsGroup
  if (own.runAsNonRoot ?? ofPod.runAsNonRoot) requireNonRoot(user, image)
  if (user === undefined && group === undefined) return undefined
  const userPart = user ?? (image.user.split(':')[0] || '0')
  return group === undefined ? String(userPart) : `${userPart}:${group}`
}

function requireNonRoot(user: number | undefined, image: EngineImage): void {
  if (user === 0) {
    throw new ConfigError("container's runAsUser breaks non-root policy")
  }
  if (user !== undefined) return
  const imageUser = image.user.split(':')[0] ?? ''
  if (imageUser === '' || imageUser === '0' || imageUser === 'root') {
    throw new ConfigError('container has runAsNonRoot and image will run as root; set runAsUser')
  }
  if (!/^\d+$/.test(imageUser)) {
    throw new ConfigError(
      `container has runAsNonRoot and image has non-numeric user (${imageUser}), cannot verify user is non-root; set runAsUser`,
    )
  }
}
