import os from 'node:os'
import path from 'node:path'
import { parseHop, readSshConfig } from './config.ts'
import type { SshConnection, SshTarget } from './connection.ts'

/** Where this computer keeps what OpenSSH uses. All have the user's own as default. */
export interface SshEnvironment {
  /** `~/.ssh/config` */
  configFile?: string
  homeDir?: string
  /** `SSH_AUTH_SOCK` */
  agentSocket?: string
}

/** A target with all that the configuration adds to it. */
export interface ResolvedTarget {
  host: string
  port: number
  user: string
  identityFiles: string[]
  agentSocket?: string
  homeDir: string
  via?: SshConnection
  /** Jump hosts from the configuration, the nearest first. */
  hops: SshTarget[]
}

/** What the target itself says goes before what the configuration says. */
export async function resolveTarget(target: SshTarget, environment: SshEnvironment): Promise<ResolvedTarget> {
  const homeDir = environment.homeDir ?? os.homedir()
  const configFile = environment.configFile ?? path.join(homeDir, '.ssh', 'config')
  const config = await readSshConfig(configFile, target.host, homeDir)
  const agentSocket = config.identityAgent ?? environment.agentSocket ?? process.env.SSH_AUTH_SOCK
  const named = target.identityFile?.replace(/^~(?=\/)/, homeDir)
  const files = named !== undefined ? [named] : target.privateKey !== undefined ? [] : config.identityFiles
  return {
    host: config.hostName ?? target.host,
    port: target.port ?? config.port ?? 22,
    user: target.user ?? config.user ?? 'root',
    identityFiles: files,
    ...(agentSocket && agentSocket !== 'none' ? { agentSocket } : {}),
    homeDir,
    via: target.via,
    hops: target.via ? [] : (config.proxyJump ?? []).map(parseHop),
  }
}

/** `root@10.0.0.7:22`, as messages name it. */
export function describeTarget({ user, host, port }: Pick<ResolvedTarget, 'user' | 'host' | 'port'>): string {
  return `${user}@${host.includes(':') ? `[${host}]` : host}:${port}`
}
