import { execFile, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { ServedApi } from '../../unit/api/http/served-api.ts'

const TIMEOUT_MS = 30_000

export interface Result {
  code: number
  stdout: string
  stderr: string
}

export type Kubectl = (command: string, input?: string) => Promise<Result>

/** Runs kubectl on the served API. Words of `command` are split at spaces; 'quoted words' stay together. */
export function kubectlOn(path: string, api: ServedApi, variables: Record<string, string> = {}): Kubectl {
  const env = { ...environment(api), ...variables }
  return (command, input) =>
    new Promise(resolve => {
      const child = execFile(path, words(command), { env, timeout: TIMEOUT_MS }, (error, stdout, stderr) => {
        const code = error ? (typeof error.code === 'number' ? error.code : 1) : 0
        resolve({ code, stdout, stderr })
      })
      child.stdin?.end(input ?? '')
    })
}

/** The lines that a kubectl prints which goes on until it is killed: leave the loop to end it. */
export async function* kubectlLines(path: string, api: ServedApi, command: string): AsyncGenerator<string> {
  const child = spawn(path, words(command), { env: environment(api), stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    yield* createInterface(child.stdout)
  } finally {
    child.kill()
  }
}

function environment(api: ServedApi): NodeJS.ProcessEnv {
  return { ...process.env, KUBECONFIG: api.kubeconfig, HOME: api.folder }
}

function words(command: string): string[] {
  return (command.match(/'[^']*'|\S+/g) ?? []).map(word => word.replace(/^'(.*)'$/, '$1'))
}
