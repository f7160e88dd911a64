import { afterAll, beforeAll, expect } from 'vitest'
import { serveApi, type ServedApi } from '../../unit/api/http/served-api.ts'
import { type Kubectl, kubectlOn } from '../api/kubectls.ts'

/** The kubectl that the suite is run with. */
export const KUBECTL = process.env.KUBECTL ?? 'kubectl'

/** An API server for one test file, and a kubectl on it. */
export interface Served {
  api(): ServedApi
  kubectl: Kubectl
  /** Succeeds, and gives what it printed. */
  ok(command: string, input?: string): Promise<string>
  /** Fails, and gives what it said. */
  fails(command: string, input?: string): Promise<string>
}

/** Starts an API server before the tests of the file, and stops it after them. */
export function useServedApi(): Served {
  let api: ServedApi
  beforeAll(async () => {
    api = await serveApi()
  })
  afterAll(() => api.stop())
  const kubectl: Kubectl = (command, input) => kubectlOn(KUBECTL, api)(command, input)
  return {
    api: () => api,
    kubectl,
    async ok(command, input) {
      const { code, stdout, stderr } = await kubectl(command, input)
      expect(code, `kubectl ${command}: ${stderr}`).toBe(0)
      return stdout.trim()
    },
    async fails(command, input) {
      const { code, stdout, stderr } = await kubectl(command, input)
      expect(code, `kubectl ${command}: ${stdout}`).not.toBe(0)
      return stderr.trim()
    },
  }
}

/** The minor version of the kubectl: 20 for 1.20.2. */
export async function minorVersion({ ok }: Served): Promise<number> {
  const { clientVersion } = JSON.parse(await ok('version --client -o json')) as {
    clientVersion: { minor: string }
  }
  return Number.parseInt(clientVersion.minor, 10)
}
