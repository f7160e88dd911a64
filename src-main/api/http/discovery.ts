import { apiGroup, apiGroupList, apiResourceList, apiVersions } from '../discovery/legacy.ts'
import { groupDiscoveryList } from '../discovery/aggregated.ts'
import { groupVersions } from '../discovery/resources.ts'
import type { Exchange } from './exchange.ts'
import { handleOpenApi } from './openapi.ts'
import { sendJson } from './respond.ts'

/** Answers what a client asks to learn what is served. False when the path is none of these. */
export async function handleDiscovery(exchange: Exchange): Promise<boolean> {
  const { path, services } = exchange
  const [root, ...rest] = path
  if (root === 'openapi') return handleOpenApi(exchange, rest)
  if (root !== 'api' && root !== 'apis') return false
  const core = root === 'api'
  // Objects: what is served is a long list, not to be made for each request for one of them
  if (rest.length > (core ? 1 : 2)) return false
  const served = groupVersions(services.kinds)
  if (rest.length === 0) {
    const version = aggregatedVersion(exchange)
    if (version) {
      const type = `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`
      await sendJson(exchange, 200, groupDiscoveryList(served, { core, version }), type)
      return true
    }
    const host = exchange.request.headers.host ?? ''
    await sendJson(exchange, 200, core ? apiVersions(host) : apiGroupList(served))
    return true
  }
  const [group = '', version] = core ? ['', ...rest] : rest
  const document =
    version === undefined
      ? apiGroup(served, group)
      : served.find(item => item.group === group && item.version === version)
  if (!document) return false
  await sendJson(exchange, 200, 'resources' in document ? apiResourceList(document as never) : document)
  return true
}

/** The version of aggregated discovery that the client prefers, if it knows it at all. */
function aggregatedVersion({ request }: Exchange): string | undefined {
  const ranges = (request.headers.accept ?? '')
    .split(',')
    .filter(range => /as=APIGroupDiscoveryList/.test(range))
  return ranges
    .map(range => /;\s*v=(v2|v2beta1)\s*(;|$)/.exec(range)?.[1])
    .find(version => version !== undefined)
}
