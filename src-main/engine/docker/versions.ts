import { EngineError } from '../engine.ts'

/** The newest API that this code was written against (Docker 29); a newer engine still serves it. */
const NEWEST = '1.52'
/** Docker 20.10, the oldest engine that Debian and Ubuntu LTS releases still carry. */
const OLDEST = '1.41'

/** What one engine can do: every difference between Docker 20.10 and 29 that matters here is a field of this. */
export interface DockerVersion {
  /** Negotiated, such as `1.41`. */
  apiVersion: string
  /** `POST /containers/{id}/stop?signal=` (API 1.42). */
  stopSignal: boolean
  /** `VolumeOptions.Subpath` (Docker 26, API 1.45). */
  volumeSubpath: boolean
  /**
   * Options that a network needs so that other servers' pods reach its containers directly. Docker 28 (API 1.48) drops
   * such traffic in `raw PREROUTING` unless the bridge's gateway mode says otherwise; older engines refuse the option.
   */
  routedNetworkOptions: Record<string, string>
}

/** Compares `1.9` and `1.41` as versions: negative when `a` is older. */
function compare(a: string, b: string): number {
  const [majorA = 0, minorA = 0] = a.split('.').map(Number)
  const [majorB = 0, minorB = 0] = b.split('.').map(Number)
  return majorA - majorB || minorA - minorB
}

/**
 * Picks the API version to speak.
 * @param engine `ApiVersion`, `MinAPIVersion` and `Version` of the engine's `GET /version`
 * @throws EngineError `unsupported` when there is none that both sides know
 */
export function negotiate(engine: {
  ApiVersion: string
  MinAPIVersion?: string
  Version: string
}): DockerVersion {
  if (compare(engine.ApiVersion, OLDEST) < 0) {
    throw new EngineError(
      'unsupported',
      `Docker ${engine.Version} is too old: Coxswain needs Docker 20.10 (API ${OLDEST}) or newer, this engine speaks API ${engine.ApiVersion}; update Docker on the server`,
    )
  }
  if (engine.MinAPIVersion && compare(engine.MinAPIVersion, NEWEST) > 0) {
    throw new EngineError(
      'unsupported',
      `Docker ${engine.Version} is too new: it wants at least API ${engine.MinAPIVersion}, Coxswain speaks up to ${NEWEST}; update Coxswain`,
    )
  }
  const apiVersion = compare(engine.ApiVersion, NEWEST) > 0 ? NEWEST : engine.ApiVersion
  const has = (since: string) => compare(apiVersion, since) >= 0
  return {
    apiVersion,
    stopSignal: has('1.42'),
    volumeSubpath: has('1.45'),
    routedNetworkOptions: has('1.48')
      ? { 'com.docker.network.bridge.gateway_mode_ipv4': 'nat-unprotected' }
      : {},
  }
}
