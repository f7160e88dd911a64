import { readFile } from 'node:fs/promises'
import { request } from 'node:https'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { parse } from 'yaml'
import { errorMessage } from '../lib/errors.ts'

/** The control plane did not give an answer; the message says why and what to do. */
export class ApiRequestError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'ApiRequestError'
  }
}

interface Kubeconfig {
  clusters: { cluster: { server: string; 'certificate-authority-data': string } }[]
  users: { user: { token: string } }[]
}

const TIMEOUT_MS = 3 * 60_000

/**
 * What the control plane of a data folder answers to a GET, parsed.
 * @throws ApiRequestError when none runs on it, or when it refuses
 */
export async function getFromApi(dataDir: string, path: string): Promise<unknown> {
  const { clusters, users } = await readKubeconfig(dataDir)
  const [cluster, user] = [clusters[0]?.cluster, users[0]?.user]
  if (!cluster || !user) throw new ApiRequestError(`${join(dataDir, 'kubeconfig')} names no cluster`)
  const { code, body } = await get(new URL(path, cluster.server), {
    ca: Buffer.from(cluster['certificate-authority-data'], 'base64'),
    token: user.token,
  }).catch((error: unknown) => {
    throw new ApiRequestError(`${notRunning(dataDir)} (${errorMessage(error)})`, error)
  })
  if (code === 200) return JSON.parse(body) as unknown
  throw new ApiRequestError(messageOf(body) ?? `the control plane answered with ${code}`)
}

async function readKubeconfig(dataDir: string): Promise<Kubeconfig> {
  try {
    return parse(await readFile(join(dataDir, 'kubeconfig'), 'utf8')) as Kubeconfig
  } catch (error) {
    throw new ApiRequestError(notRunning(dataDir), error)
  }
}

function notRunning(dataDir: string): string {
  return `no control plane runs on ${dataDir}. Open Coxswain or run cox serve --data ${dataDir}, or name another folder with --data`
}

function get(
  url: URL,
  { ca, token }: { ca: Buffer; token: string },
): Promise<{ code: number; body: string }> {
  return new Promise((resolve, reject) => {
    const headers = { Authorization: `Bearer ${token}` }
    const outgoing = request(url, { ca, headers, timeout: TIMEOUT_MS, agent: false }, response => {
      text(response).then(body => resolve({ code: response.statusCode ?? 0, body }), reject)
    })
    outgoing.once('timeout', () => outgoing.destroy(new Error('no answer in three minutes')))
    outgoing.once('error', reject)
    outgoing.end()
  })
}

/** Of a Status. */
function messageOf(body: string): string | undefined {
  try {
    return (JSON.parse(body) as { message?: string }).message
  } catch {
    return undefined
  }
}
