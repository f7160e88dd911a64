import { join } from 'node:path'
import type { Clock } from '../../lib/clock.ts'
import { makeFolder } from '../../lib/folders.ts'
import { createAuthority, createServerCertificate, isUsable, type KeyPair } from './certificates.ts'
import { readPrivateFile, writePrivateFile } from './private-file.ts'
import { randomSecret } from './secrets.ts'

/** Who this control plane is: what its clients trust, and what it trusts them by. It stays the same over restarts. */
export interface Identity {
  /** The authority's certificate, PEM: goes into the kubeconfig. */
  authority: string
  server: KeyPair
  /** The bearer token of API clients. */
  token: string
}

const TOKEN_FORM = /^[A-Za-z0-9_-]{43}$/

/**
 * Reads the identity in `folder`, making what is missing, unreadable or about to end. All files are 0600.
 * A new authority or token means that kubeconfigs written before no longer work: write them again after this.
 */
export async function loadIdentity(folder: string, clock: Clock): Promise<Identity> {
  await makeFolder(folder, 0o700)
  const now = clock.now()
  let authority = await readPair(folder, 'ca')
  if (!authority || !(await isUsable(authority.certificate, authority.certificate, now))) {
    authority = await writePair(folder, 'ca', await createAuthority(now))
  }
  let server = await readPair(folder, 'server')
  if (!server || !(await isUsable(server.certificate, authority.certificate, now))) {
    server = await writePair(folder, 'server', await createServerCertificate(authority, now))
  }
  return { authority: authority.certificate, server, token: await readOrMakeToken(join(folder, 'token')) }
}

/** Certificate and key are in one file, so that they cannot come from two attempts. */
async function readPair(folder: string, name: string): Promise<KeyPair | undefined> {
  const text = await readPrivateFile(join(folder, `${name}.pem`))
  const blocks = text?.match(/-----BEGIN ([A-Z ]+)-----[^-]+-----END \1-----/g)
  const certificate = blocks?.find(block => block.includes('CERTIFICATE'))
  const key = blocks?.find(block => block.includes('PRIVATE KEY'))
  return certificate && key ? { certificate, key } : undefined
}

async function writePair(folder: string, name: string, pair: KeyPair): Promise<KeyPair> {
  await writePrivateFile(join(folder, `${name}.pem`), `${pair.certificate}\n${pair.key}\n`)
  return pair
}

async function readOrMakeToken(path: string): Promise<string> {
  const stored = (await readPrivateFile(path))?.trim()
  if (stored && TOKEN_FORM.test(stored)) return stored
  const token = randomSecret()
  await writePrivateFile(path, `${token}\n`)
  return token
}
