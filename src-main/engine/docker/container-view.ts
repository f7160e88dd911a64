import type { ContainerInfo, ContainerInspectInfo } from 'dockerode'
import type { EngineContainer, RestartPolicy } from '../engine.ts'

/** Docker writes Go's zero time for "never". */
function time(text: string | undefined): number | undefined {
  if (!text || text.startsWith('0001-01-01')) return undefined
  const ms = Date.parse(text)
  return Number.isNaN(ms) ? undefined : ms
}

function firstAddress(networks: Record<string, { IPAddress?: string } | undefined> | undefined) {
  return Object.values(networks ?? {}).find(network => network?.IPAddress)?.IPAddress
}

/** `GET /containers/{id}/json` in the port's words. */
export function fromInspect(info: ContainerInspectInfo): EngineContainer {
  const { State: state, Config: config } = info
  return {
    id: info.Id,
    name: info.Name.replace(/^\//, ''),
    image: config.Image,
    imageId: info.Image,
    labels: config.Labels ?? {},
    state: state.Status as EngineContainer['state'],
    pid: state.Pid,
    createdAt: time(info.Created) ?? 0,
    startedAt: time(state.StartedAt),
    finishedAt: time(state.FinishedAt),
    exitCode: state.ExitCode,
    error: state.Error,
    oomKilled: state.OOMKilled,
    restartCount: info.RestartCount,
    // Docker stores "" for a container that was created without a policy
    restartPolicy: (info.HostConfig.RestartPolicy?.Name || 'no') as RestartPolicy,
    ipv4: firstAddress(info.NetworkSettings.Networks),
  }
}

/**
 * An entry of `GET /containers/json`. It has no pid, times, exit code, error or restarts (Docker's `Status` is a
 * sentence for people): `summary` says so.
 */
export function fromSummary(info: ContainerInfo): EngineContainer {
  return {
    id: info.Id,
    name: (info.Names[0] ?? '').replace(/^\//, ''),
    image: info.Image,
    imageId: info.ImageID,
    labels: info.Labels ?? {},
    state: info.State as EngineContainer['state'],
    pid: 0,
    createdAt: info.Created * 1000,
    exitCode: 0,
    error: '',
    oomKilled: false,
    restartCount: 0,
    restartPolicy: 'no',
    ipv4: firstAddress(info.NetworkSettings?.Networks),
    summary: true,
  }
}
