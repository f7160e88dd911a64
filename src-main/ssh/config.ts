import { readFile, readdir } from 'node:fs/promises'
import path from 'node:path'
import { SshError } from './errors.ts'

/** What `~/.ssh/config` says of one host; only what Coxswain honours. */
export interface SshHostConfig {
  hostName?: string
  port?: number
  user?: string
  /** In the order in which they are tried. */
  identityFiles: string[]
  /** A socket's path, or `none`. */
  identityAgent?: string
  /** Hops from the nearest on; empty for `none`. */
  proxyJump?: string[]
}

const MAX_INCLUDE_DEPTH = 16

/** One `Keyword value` of the file. */
interface Entry {
  keyword: string
  values: string[]
}

/**
 * Reads an OpenSSH client configuration for one host, by ssh_config(5): the first value of each keyword counts,
 * IdentityFile gathers, Host patterns may be negated, Include takes globs. `Match` blocks other than `Match all`
 * are passed over.
 * @param file the configuration's path; one that is not there says nothing
 * @param host the name as the user wrote it
 * @throws SshError `config-unreadable`
 */
export async function readSshConfig(file: string, host: string, homeDir: string): Promise<SshHostConfig> {
  const entries: Entry[] = []
  await gather(file, host, homeDir, 0, entries)
  return interpret(entries, host, homeDir)
}

async function gather(
  file: string,
  host: string,
  homeDir: string,
  depth: number,
  into: Entry[],
): Promise<void> {
  if (depth > MAX_INCLUDE_DEPTH) {
    throw new SshError(
      'config-unreadable',
      `${file}: Include goes more than ${MAX_INCLUDE_DEPTH} files deep; look for a file that includes itself`,
    )
  }
  let applies = true
  for (const entry of parseLines(await read(file))) {
    if (entry.keyword === 'host') applies = matchesHost(entry.values, host)
    else if (entry.keyword === 'match')
      applies = entry.values.length === 1 && entry.values[0]?.toLowerCase() === 'all'
    else if (!applies) continue
    else if (entry.keyword === 'include') {
      for (const pattern of entry.values) {
        for (const included of await expandGlob(pattern, homeDir))
          await gather(included, host, homeDir, depth + 1, into)
      }
    } else into.push(entry)
  }
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw new SshError(
      'config-unreadable',
      `cannot read ${file}: ${(error as Error).message}; check its permissions`,
      error,
    )
  }
}

/** `Keyword value…` or `Keyword=value`; double quotes hold spaces together; `#` begins a comment line. */
export function parseLines(text: string): Entry[] {
  const entries: Entry[] = []
  for (const line of text.split(/\r?\n/)) {
    const match = /^\s*([A-Za-z]+)(?:\s*=\s*|\s+)(.*?)\s*$/.exec(line)
    if (!match) continue
    const values = (match[2]?.match(/"[^"]*"|[^\s"]+/g) ?? []).map(value => value.replace(/^"(.*)"$/, '$1'))
    entries.push({ keyword: (match[1] ?? '').toLowerCase(), values })
  }
  return entries
}

/** True when one pattern matches and no negated one does. */
export function matchesHost(patterns: readonly string[], host: string): boolean {
  let matches = false
  for (const pattern of patterns) {
    const negated = pattern.startsWith('!')
    if (!glob(negated ? pattern.slice(1) : pattern).test(host)) continue
    if (negated) return false
    matches = true
  }
  return matches
}

function glob(pattern: string): RegExp {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&')
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`, 'i')
}

/** Files of an Include, sorted; wildcards in the last part of the path only. Relative ones are below `~/.ssh`. */
async function expandGlob(pattern: string, homeDir: string): Promise<string[]> {
  const absolute = path.resolve(homeDir, '.ssh', expandHome(pattern, homeDir))
  const name = path.basename(absolute)
  if (!/[*?]/.test(name)) return [absolute]
  const folder = path.dirname(absolute)
  const names = await readdir(folder).catch(() => [])
  return names
    .filter(found => !found.startsWith('.') && glob(name).test(found))
    .sort()
    .map(found => path.join(folder, found))
}

function expandHome(file: string, homeDir: string): string {
  return file === '~' || file.startsWith('~/') ? path.join(homeDir, file.slice(1)) : file
}

function interpret(entries: Entry[], host: string, homeDir: string): SshHostConfig {
  const first = (keyword: string) => entries.find(entry => entry.keyword === keyword)?.values[0]
  const hostName = first('hostname')?.replaceAll('%h', host)
  const user = first('user')
  const port = first('port')
  const tokens: Record<string, string> = {
    '%': '%',
    d: homeDir,
    h: hostName ?? host,
    n: host,
    p: port ?? '22',
    r: user ?? '',
  }
  const file = (text: string) =>
    expandHome(
      text.replace(/%(.)/g, (all, token: string) => tokens[token] ?? all),
      homeDir,
    )
  const agent = first('identityagent')
  const jump = first('proxyjump')
  return {
    hostName,
    ...(port === undefined ? {} : { port: Number(port) }),
    user,
    identityFiles: entries
      .filter(entry => entry.keyword === 'identityfile' && entry.values[0] !== undefined)
      .map(entry => file(entry.values[0] ?? '')),
    ...(agent === undefined || agent === 'SSH_AUTH_SOCK'
      ? {}
      : { identityAgent: agent === 'none' ? agent : file(agent) }),
    ...(jump === undefined ? {} : { proxyJump: jump.toLowerCase() === 'none' ? [] : jump.split(',') }),
  }
}

/** A hop as ProxyJump writes it: `[user@]host[:port]` or `ssh://…`; IPv6 in brackets. */
export function parseHop(text: string): { host: string; port?: number; user?: string } {
  const match = /^(?:ssh:\/\/)?(?:([^@]+)@)?(\[[^\]]+\]|[^:]+)(?::(\d+))?\/?$/.exec(text.trim())
  if (!match) {
    throw new SshError(
      'config-unreadable',
      `cannot read the jump host "${text}": it is written [user@]host[:port]`,
    )
  }
  const [, user, host = '', port] = match
  return {
    host: host.replace(/^\[(.*)\]$/, '$1'),
    ...(port ? { port: Number(port) } : {}),
    ...(user ? { user } : {}),
  }
}
