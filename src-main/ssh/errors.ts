/** What went wrong with an SSH connection, for code to decide on; the message is for people. */
export type SshErrorCode =
  | 'unreachable'
  | 'refused'
  | 'timeout'
  | 'name-not-found'
  | 'authentication-failed'
  | 'host-key-changed'
  | 'host-key-refused'
  | 'key-unreadable'
  | 'passphrase-needed'
  | 'passphrase-wrong'
  | 'agent-unavailable'
  | 'jump-failed'
  | 'channel-refused'
  | 'config-unreadable'
  | 'protocol'
  /** The caller's own signal ended it. */
  | 'aborted'
  /** Ended by `end()`. */
  | 'closed'

/** The message says what happened, why, and what to do next. */
export class SshError extends Error {
  readonly code: SshErrorCode

  constructor(code: SshErrorCode, message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'SshError'
    this.code = code
  }
}

interface SystemError extends Error {
  code?: string
  /** Where ssh2 was when it failed: `client-socket`, `client-timeout`, `handshake` … */
  level?: string
}

const BY_ERRNO: Record<string, { code: SshErrorCode; words: string }> = {
  ECONNREFUSED: {
    code: 'refused',
    words: 'the connection was refused: check that sshd runs there and that the port is right',
  },
  ENOTFOUND: { code: 'name-not-found', words: 'the name is not known: check its spelling and your DNS' },
  EAI_AGAIN: {
    code: 'name-not-found',
    words: 'the name could not be looked up: check your network and your DNS',
  },
  EHOSTUNREACH: {
    code: 'unreachable',
    words: 'there is no way to it: check that it is on, and the networks between',
  },
  ENETUNREACH: { code: 'unreachable', words: 'its network cannot be reached: check your own connection' },
  ETIMEDOUT: { code: 'timeout', words: 'it does not answer: check that it is on, and firewalls between' },
  ECONNRESET: { code: 'unreachable', words: 'the connection was cut' },
  EPIPE: { code: 'unreachable', words: 'the connection was cut' },
}

/**
 * What ssh2 or a socket threw, in the terms of SshError.
 * @param where whom it was about: `root@10.0.0.7:22`
 */
export function toSshError(error: unknown, where: string): SshError {
  if (error instanceof SshError) return error
  const { message, code, level } = (error instanceof Error ? error : new Error(String(error))) as SystemError
  const known = code === undefined ? undefined : BY_ERRNO[code]
  if (known) return new SshError(known.code, `cannot reach ${where}: ${known.words}`, error)
  if (/before handshake/.test(message)) {
    const words =
      'the connection was closed before SSH began: check that an SSH server listens on that port, and that it does not turn away too many connections at once (MaxStartups, fail2ban)'
    return new SshError('protocol', `cannot speak SSH to ${where}: ${words}`, error)
  }
  if (level === 'handshake' || /no matching/i.test(message)) {
    const words = `${message}; the server offers no method that is considered safe today: update its OpenSSH`
    return new SshError('protocol', `cannot speak SSH to ${where}: ${words}`, error)
  }
  if (/No response from server|Not connected/.test(message)) {
    return new SshError('unreachable', `the connection to ${where} is gone`, error)
  }
  return new SshError('protocol', `the SSH connection to ${where} failed: ${message}`, error)
}
