import type { Container, Pod, PodSpec, PodStatus } from '../../../src-main/api/types.ts'
import type { EngineContainer } from '../../../src-main/engine/engine.ts'
import { LABEL, SANDBOX } from '../../../src-main/kubelet/container-labels.ts'
import { SANDBOX_HASH, specHash } from '../../../src-main/kubelet/identity.ts'

export const NOW = Date.UTC(2026, 0, 1, 12)

export function pod(spec: Partial<PodSpec> = {}, status?: PodStatus): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'web-1',
      namespace: 'shop',
      uid: '1a2b3c4d-0000-4000-8000-000000000000',
      resourceVersion: '1',
      generation: 1,
      creationTimestamp: '2026-01-01T11:00:00Z',
      labels: { app: 'web' },
    },
    spec: { nodeName: 'n1', restartPolicy: 'Always', containers: [container()], ...spec },
    ...(status ? { status } : {}),
  }
}

export function container(more: Partial<Container> = {}): Container {
  return { name: 'web', image: 'web:1', ...more }
}

/** A container as the engine has it, running for a minute unless said. */
export function engineContainer(name: string, more: Partial<EngineContainer> = {}): EngineContainer {
  const hash = name === SANDBOX ? SANDBOX_HASH : specHash({ name, image: 'web:1' })
  const base: EngineContainer = {
    id: `id-${name}`,
    name: `cox_shop_web-1_${name}_1a2b3c4d`,
    image: 'web:1',
    imageId: 'sha256:1',
    labels: { [LABEL.container]: name, [LABEL.specHash]: hash },
    state: 'running',
    pid: 1,
    createdAt: NOW - 61_000,
    startedAt: NOW - 60_000,
    exitCode: 0,
    error: '',
    oomKilled: false,
    restartCount: 0,
    restartPolicy: 'unless-stopped',
  }
  return { ...base, ...more, labels: { ...base.labels, ...more.labels } }
}

/** The same, ended. */
export function ended(name: string, exitCode: number, more: Partial<EngineContainer> = {}): EngineContainer {
  return engineContainer(name, { state: 'exited', exitCode, finishedAt: NOW - 1000, ...more })
}
