import type { Container, PodSpec, PodTemplateSpec } from '../../types.ts'
import { defaultContainer } from './container.ts'
import { defaultVolume } from './volume.ts'

export function containersOf(spec: PodSpec): Container[] {
  return [...(spec.initContainers ?? []), ...(spec.containers ?? [])]
}

/** What a pod and a pod template have in common. Source: kubernetes pkg/apis/core/v1/defaults.go, SetDefaults_PodSpec. */
export function defaultPodSpec(spec: PodSpec): void {
  spec.dnsPolicy ||= 'ClusterFirst'
  spec.restartPolicy ||= 'Always'
  spec.securityContext ??= {}
  spec.terminationGracePeriodSeconds ??= 30
  spec.schedulerName ||= 'default-scheduler'
  mirrorServiceAccount(spec)
  spec.volumes?.forEach(defaultVolume)
  containersOf(spec).forEach(defaultContainer)
  for (const container of spec.ephemeralContainers ?? []) defaultContainer(container as Container)
}

/** The name stands under its old name too, for old clients. */
function mirrorServiceAccount(spec: PodSpec): void {
  const name = spec.serviceAccountName || spec.serviceAccount
  if (!name) return
  spec.serviceAccountName = name
  spec.serviceAccount = name
}

/** The template of a Deployment, ReplicaSet, … */
export function defaultPodTemplate(template: PodTemplateSpec | undefined): void {
  if (template?.spec) defaultPodSpec(template.spec)
}

/** What only a pod itself gets, not a template. Source: SetDefaults_Pod. */
export function defaultPod(spec: PodSpec): void {
  defaultPodSpec(spec)
  spec.enableServiceLinks ??= true
  for (const { resources, ports } of containersOf(spec)) {
    if (resources?.limits) resources.requests = { ...resources.limits, ...resources.requests }
    if (!spec.hostNetwork) continue
    for (const port of ports ?? []) port.hostPort ||= port.containerPort
  }
}
