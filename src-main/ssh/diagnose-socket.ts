import type { SshConnection } from './connection.ts'

/** Why Docker's socket does not answer, for a Server's condition. */
export interface SocketDiagnosis {
  reason: 'DockerMissing' | 'SocketForbidden' | 'EngineStopped' | 'ForwardingForbidden'
  message: string
}

/** sshd says only "open failed"; a look on the server says why. Prints one word. */
const SCRIPT = `
if [ ! -e "$S" ]; then
  if command -v dockerd >/dev/null || command -v docker >/dev/null; then echo stopped; else echo missing; fi
elif [ ! -r "$S" ] || [ ! -w "$S" ]; then echo forbidden
elif command -v docker >/dev/null && docker -H "unix://$S" version >/dev/null 2>&1; then echo answers
elif command -v curl >/dev/null && curl -s -m 5 --unix-socket "$S" http://docker/_ping >/dev/null 2>&1; then echo answers
else echo stopped
fi`

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}

/**
 * Finds out why a channel to Docker's socket was refused.
 * @throws SshError when the connection itself fails
 */
export async function diagnoseSocket(
  connection: SshConnection,
  socketPath: string,
): Promise<SocketDiagnosis> {
  // by sh, whatever the login shell; sbin, which a plain user's PATH may lack
  const script = `S=${quote(socketPath)}; PATH="$PATH:/usr/sbin:/sbin:/usr/local/bin"; ${SCRIPT}; echo; id -un`
  const { stdout } = await connection.exec(`sh -c ${quote(script)}`)
  const [word = '', user = 'the user'] = stdout.split('\n').filter(line => line !== '')
  switch (word) {
    case 'missing':
      return {
        reason: 'DockerMissing',
        message: `Docker is not installed on the server (no ${socketPath}, no docker command): install it (apt install docker.io, or https://docs.docker.com/engine/install), or set docker.socket if it listens elsewhere`,
      }
    case 'forbidden':
      return {
        reason: 'SocketForbidden',
        message: `${user} may not use ${socketPath}: add the user to the group docker on the server (sudo usermod -aG docker ${user}), or connect as root`,
      }
    case 'answers':
      return {
        reason: 'ForwardingForbidden',
        message: `Docker runs, but sshd on the server does not forward ${socketPath}: set "AllowStreamLocalForwarding yes" in its sshd_config and reload it`,
      }
    default:
      return {
        reason: 'EngineStopped',
        message: `Docker is installed on the server but does not answer at ${socketPath}: start it (sudo systemctl start docker), and see its log (journalctl -u docker)`,
      }
  }
}
