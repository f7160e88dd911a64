/**
 * The lab (test/lab/lab, docs/contributing/lab.md) for tests: real servers that can lose their power and their network.
 * The servers are brought up by global-setup.ts before the first test file.
 */
import { execFile, execFileSync, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const command = fileURLToPath(new URL('../lab/lab', import.meta.url))
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024
const POLL_MS = 100

/** What `lab env` says. Image names are without a tag. */
export interface LabEnv {
  /** The address of server `n`, whether it is there yet or not. */
  host(n: number): string
  /** Its folder; server `n` keeps its disk and its engine's socket in `nN/` there. */
  dir: string
  /** A private key that every server accepts for root and both users. */
  key: string
  keyRsa: string
  /** A key they accept, encrypted with `passphrase`. */
  keyPassphrased: string
  passphrase: string
  /** A key they do not accept. */
  keyWrong: string
  /** A user in group docker. */
  userDocker: string
  /** A user who may log in but not use Docker. */
  userNoDocker: string
  registry: string
  /** The same images behind a password. */
  privateRegistry: string
  privateUser: string
  privatePassword: string
  /** The base image with its tag. */
  base: string
  /** The test workload: tags 1, 2 and 3 are on every server, tag cold only in the registry. */
  web: string
  privateWeb: string
}

/** A lab command that failed; the message holds what it printed. */
export class LabError extends Error {
  readonly code: number | undefined

  constructor(args: readonly string[], cause: unknown) {
    const { code, stderr, message } = cause as { code?: number; stderr?: string; message: string }
    super(`lab ${args.join(' ')} failed: ${(stderr || message).trim()}`, { cause })
    this.name = 'LabError'
    this.code = code
  }
}

function requireServers(): void {
  if (process.env.COXSWAIN_LAB === 'none')
    throw new Error('a test file that needs servers is to be named in scripts/test/suites.mjs')
}

async function labCommand(...args: string[]): Promise<string> {
  requireServers()
  try {
    return (await run(command, args, { maxBuffer: MAX_OUTPUT_BYTES })).stdout
  } catch (error) {
    throw new LabError(args, error)
  }
}

function readEnv(): LabEnv {
  requireServers()
  const values = JSON.parse(execFileSync(command, ['env', '--json'], { encoding: 'utf8' })) as Record<
    string,
    string
  >
  const value = (name: string): string => {
    const found = values[name]
    if (found === undefined) throw new Error(`lab env does not name ${name}`)
    return found
  }
  return {
    host: n => `${value('LAB_NET')}.${n}`,
    dir: value('LAB_DIR'),
    key: value('LAB_KEY'),
    keyRsa: value('LAB_KEY_RSA'),
    keyPassphrased: value('LAB_KEY_PASSPHRASED'),
    passphrase: value('LAB_PASSPHRASE'),
    keyWrong: value('LAB_KEY_WRONG'),
    userDocker: value('LAB_USER_DOCKER'),
    userNoDocker: value('LAB_USER_NO_DOCKER'),
    registry: value('LAB_REGISTRY'),
    privateRegistry: value('LAB_PRIVATE_REGISTRY'),
    privateUser: value('LAB_PRIVATE_USER'),
    privatePassword: value('LAB_PRIVATE_PASSWORD'),
    base: value('LAB_BASE'),
    web: value('LAB_WEB'),
    privateWeb: value('LAB_PRIVATE_WEB'),
  }
}

let env: LabEnv | undefined

/** The servers are numbered from 1. Every function resolves when the thing is done, and rejects with a LabError. */
export const lab = {
  get env(): LabEnv {
    return (env ??= readEnv())
  },
  /** At least `count` servers, running. */
  up: (count: number) => labCommand('up', String(count)),
  down: () => labCommand('down'),
  /** Exactly `count` freshly installed servers; takes about two seconds. For beforeAll of a test file. */
  reset: (count = 3) => labCommand('reset', String(count)),
  /** Cuts the power: no goodbye, on the network or on the disk. */
  kill: (...servers: number[]) => labCommand('kill', ...servers.map(String)),
  /** Powers on, or adds a new server. */
  boot: (...servers: number[]) => labCommand('boot', ...servers.map(String)),
  /** Unplugs the network. */
  cut: (...servers: number[]) => labCommand('cut', ...servers.map(String)),
  heal: (...servers: number[]) => labCommand('heal', ...servers.map(String)),
  /** Reboots them, each behind a router of its own with NAT, which forwards nothing but SSH, at `host(n)` port 2222. */
  nat: (...servers: number[]) => labCommand('nat', ...servers.map(String)),
  /** A program on the router of a server. */
  router: (server: number, ...args: string[]) => labCommand('router', String(server), ...args),
  /** Another SSH host key, and every SSH connection dropped. */
  rekey: (server: number) => labCommand('rekey', String(server)),
  stopDocker: (server: number) => labCommand('docker-stop', String(server)),
  startDocker: (server: number) => labCommand('docker-start', String(server)),
  stopRegistry: () => labCommand('registry', 'stop'),
  startRegistry: () => labCommand('registry', 'start'),
  /** The docker CLI on the server's engine, not over SSH. */
  docker: (server: number, ...args: string[]) => labCommand('docker', String(server), ...args),
  /** A shell command over SSH. */
  ssh: (server: number, shellCommand: string) => labCommand('ssh', String(server), shellCommand),
  /** A program on the server, without SSH or network. */
  exec: (server: number, ...args: string[]) => labCommand('exec', String(server), ...args),
  /** The same for one that goes on: its input and output are the child's. */
  start: (server: number, ...args: string[]) => spawn(command, ['exec', String(server), ...args]),
}

/**
 * Polls `probe` until it returns something truthy, and returns that. A probe that throws is asked again.
 *
 * @param what what is waited for, for the message
 * @throws after `timeoutMs`, with the value or error seen last
 */
export async function waitFor<T>(
  what: string,
  probe: () => T | Promise<T>,
  timeoutMs = 60_000,
): Promise<Exclude<T, false | null | undefined | 0 | ''>> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    let seen: unknown
    try {
      const value = await probe()
      if (value) return value as Exclude<T, false | null | undefined | 0 | ''>
      seen = value
    } catch (error) {
      seen = error
    }
    if (Date.now() >= deadline) {
      const last = seen instanceof Error ? seen.message : JSON.stringify(seen)
      throw new Error(`waited ${timeoutMs / 1000} s for: ${what}; last seen: ${last}`, { cause: seen })
    }
    await new Promise(resolve => setTimeout(resolve, POLL_MS))
  }
}
