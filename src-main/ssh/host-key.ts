import { createHash } from 'node:crypto'
import { SshError } from './errors.ts'

/** A host key's fingerprint as OpenSSH prints it: `SHA256:` and unpadded base64. */
export function fingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`
}

/** Fingerprints are equal however they were padded or introduced. */
export function sameFingerprint(a: string, b: string): boolean {
  const bare = (text: string) =>
    text
      .trim()
      .replace(/^SHA256:/, '')
      .replace(/=+$/, '')
  return bare(a) === bare(b)
}

export function hostKeyChanged(where: string, pinned: string, shown: string): SshError {
  return new SshError(
    'host-key-changed',
    `the host key of ${where} has changed: ${pinned} is pinned, the server now shows ${shown}. Either the server was reinstalled or someone else answers in its place. Nothing was sent. If you know why it changed (compare with: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub on the server), set the server's hostKey to the new one`,
  )
}
