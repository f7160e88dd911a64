import { readFile } from 'node:fs/promises'
import path from 'node:path'
import ssh2, { type BaseAgent, type ParsedKey } from 'ssh2'
import { SshError } from './errors.ts'

/** What OpenSSH tries when nothing is named. */
const DEFAULT_FILES = ['id_ed25519', 'id_ecdsa', 'id_rsa']

/** One way to prove who we are, with the name that a person knows it by. */
export type Identity =
  { kind: 'key'; label: string; key: ParsedKey } | { kind: 'agent'; label: string; agent: BaseAgent | string }

export interface IdentitySources {
  /** An unencrypted or encrypted private key's text. */
  privateKey?: string
  /** Files that were named, by the server's manifest or by the configuration. */
  identityFiles: string[]
  passphrase?: string
  /** true: it must be there; false: never; undefined: as OpenSSH does. */
  agent?: boolean
  /** The agent's socket (SSH_AUTH_SOCK or IdentityAgent). */
  agentSocket?: string
  homeDir: string
}

export interface Identities {
  list: Identity[]
  /** Why a named key is not in the list (it needs a passphrase): told when the rest fails too. */
  leftOut?: SshError
}

/**
 * The identities to try, in order: a key that was named comes first, so that an agent full of others does not use up
 * the server's MaxAuthTries; then the agent; and when nothing was named, the agent and then the default files.
 * @throws SshError `key-unreadable`, `passphrase-needed`, `passphrase-wrong`, `agent-unavailable`
 */
export async function findIdentities(sources: IdentitySources): Promise<Identities> {
  const list: Identity[] = []
  let leftOut: SshError | undefined
  if (sources.privateKey !== undefined) {
    list.push({
      kind: 'key',
      label: 'the key in its Secret',
      key: parse(sources.privateKey, sources.passphrase, 'the private key'),
    })
  }
  for (const file of sources.identityFiles) {
    try {
      const key = parse(await readKey(file), sources.passphrase, file)
      list.push({ kind: 'key', label: file, key })
    } catch (error) {
      // The agent may well hold this key unlocked.
      const agentMayHelp =
        error instanceof SshError && error.code === 'passphrase-needed' && sources.agent !== false
      if (!agentMayHelp || sources.agentSocket === undefined) throw error
      leftOut = error
    }
  }
  const named = sources.privateKey !== undefined || sources.identityFiles.length > 0
  const wantsAgent = sources.agent ?? (!named || leftOut !== undefined)
  if (wantsAgent) {
    const agent = await openAgent(sources)
    if (agent) list.push(agent)
  }
  if (!named && sources.agent !== true) list.push(...(await defaultKeys(sources)))
  return { list, leftOut }
}

async function readKey(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    const reason =
      (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : (error as Error).message
    throw new SshError('key-unreadable', `cannot read the key ${file}: ${reason}; check identityFile`, error)
  }
}

function parse(text: string, passphrase: string | undefined, label: string): ParsedKey {
  const parsed: ParsedKey | ParsedKey[] | Error = ssh2.utils.parseKey(text, passphrase)
  if (parsed instanceof Error) throw keyError(parsed, passphrase, label)
  const key = Array.isArray(parsed) ? parsed[0] : parsed
  if (!key?.isPrivateKey()) {
    throw new SshError(
      'key-unreadable',
      `${label} is a public key: name the private one (the file without .pub)`,
    )
  }
  return key
}

function keyError(error: Error, passphrase: string | undefined, label: string): SshError {
  if (/no passphrase given|encrypted.*passphrase/i.test(error.message) && passphrase === undefined) {
    const words = 'give it as passphraseSecretRef, or add the key to your ssh-agent (ssh-add)'
    return new SshError('passphrase-needed', `${label} is protected by a passphrase: ${words}`, error)
  }
  if (passphrase !== undefined && /passphrase|decrypt|integrity|bad|malformed/i.test(error.message)) {
    return new SshError('passphrase-wrong', `the passphrase does not open ${label}: check it`, error)
  }
  const words = `${error.message}; it must be a private key in OpenSSH or PEM form`
  return new SshError('key-unreadable', `cannot read ${label} as a key: ${words}`, error)
}

async function openAgent(sources: IdentitySources): Promise<Identity | undefined> {
  const unavailable = (why: string, cause?: unknown) =>
    new SshError('agent-unavailable', `the ssh-agent cannot be used: ${why}`, cause)
  if (sources.agentSocket === undefined) {
    if (sources.agent !== true) return undefined
    throw unavailable(
      'SSH_AUTH_SOCK is not set; start one (eval "$(ssh-agent)") and add your key (ssh-add), or name a key as identityFile',
    )
  }
  const agent = ssh2.createAgent(sources.agentSocket)
  try {
    const keys = await identitiesOf(agent)
    if (keys > 0) return { kind: 'agent', label: `ssh-agent (${keys} ${keys === 1 ? 'key' : 'keys'})`, agent }
    if (sources.agent === true) throw unavailable('it holds no key; add yours with ssh-add')
    return undefined
  } catch (error) {
    if (sources.agent !== true) return undefined // one source of several: the others are tried
    if (error instanceof SshError) throw error
    throw unavailable(`${(error as Error).message} (${sources.agentSocket}); check that it runs`, error)
  }
}

function identitiesOf(agent: BaseAgent): Promise<number> {
  return new Promise((resolve, reject) => {
    agent.getIdentities((error, keys) => (error ? reject(error) : resolve(keys?.length ?? 0)))
  })
}

/** Those default keys that are there and open without a passphrase (or with the one given). */
async function defaultKeys(sources: IdentitySources): Promise<Identity[]> {
  const found: Identity[] = []
  for (const name of DEFAULT_FILES) {
    const file = path.join(sources.homeDir, '.ssh', name)
    try {
      found.push({ kind: 'key', label: file, key: parse(await readKey(file), sources.passphrase, file) })
    } catch (error) {
      if (!(error instanceof SshError)) throw error
    }
  }
  return found
}
