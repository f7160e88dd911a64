import type { NetworkInspectInfo } from 'dockerode'
import { EngineError, type NetworkSpec } from '../engine.ts'
import type { DockerClient } from './client.ts'
import { statusOf } from './errors.ts'

const MTU_OPTION = 'com.docker.network.driver.mtu'

async function findNetwork(client: DockerClient, name: string): Promise<NetworkInspectInfo | undefined> {
  // by filter: `GET /networks/{name}` would also take a prefix of an id for a name
  const request = {
    doing: `look for network ${name}`,
    path: '/networks',
    query: { filters: { name: [name] } },
  }
  const networks = (await client.json<NetworkInspectInfo[]>(request)) ?? []
  return networks.find(network => network.Name === name)
}

function checkSame(existing: NetworkInspectInfo, spec: NetworkSpec): void {
  const config = existing.IPAM?.Config?.[0]
  if (config?.Subnet === spec.subnet && (!config.Gateway || config.Gateway === spec.gateway)) return
  throw new EngineError(
    'network-conflict',
    `network ${spec.name} exists with subnet ${config?.Subnet ?? 'unknown'} and gateway ${config?.Gateway ?? 'unknown'}, ${spec.subnet} and ${spec.gateway} are wanted; remove it (docker network rm ${spec.name}) or give the server that pod range`,
  )
}

export async function ensureNetwork(client: DockerClient, spec: NetworkSpec): Promise<void> {
  const existing = await findNetwork(client, spec.name)
  if (existing) {
    checkSame(existing, spec)
    return
  }
  const { routedNetworkOptions } = await client.version()
  try {
    await client.json({
      doing: `create network ${spec.name}`,
      method: 'POST',
      path: '/networks/create',
      body: {
        Name: spec.name,
        // before Docker 25 two networks of one name are possible unless this is said
        CheckDuplicate: true,
        Driver: 'bridge',
        IPAM: { Config: [{ Subnet: spec.subnet, Gateway: spec.gateway }] },
        Labels: spec.labels,
        Options: {
          ...routedNetworkOptions,
          ...(spec.mtu === undefined ? {} : { [MTU_OPTION]: String(spec.mtu) }),
          ...spec.options,
        },
      },
    })
  } catch (error) {
    const made = await findNetwork(client, spec.name)
    // made by someone else in between
    if (!made) throw error
    checkSame(made, spec)
  }
}

/** A network that is not there is no error. */
export async function removeNetwork(client: DockerClient, name: string): Promise<void> {
  try {
    const path = `/networks/${encodeURIComponent(name)}`
    await client.json({ doing: `remove network ${name}`, method: 'DELETE', path })
  } catch (error) {
    if (!(error instanceof EngineError) || statusOf(error.cause) !== 404) throw error
  }
}
