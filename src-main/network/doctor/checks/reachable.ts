import { CLEAN_BY_HAND } from '../../../engine/clean-by-hand.ts'
import type { Check, Examination, Judgement } from '../check.ts'
import { fail, ok } from '../check.ts'

/** Is the server connected: SSH, Docker, and is it ours? */
export const reachable: Check = {
  name: 'reachable',
  judge(examination) {
    const { subject } = examination
    const version = subject.server.status?.engine?.version
    if (subject.connected) return [ok(`Connected; Docker ${version ?? ''} answers.`)]
    return [notConnected(examination)]
  },
}

function notConnected({ subject: { server, name } }: Examination): Judgement {
  const { ssh } = server.spec
  const user = ssh?.user ?? '$USER'
  const where = ssh ? `${ssh.port ? `-p ${ssh.port} ` : ''}${ssh.user ? `${ssh.user}@` : ''}${ssh.host}` : ''
  const problem = server.status?.conditions?.find(({ status }) => status === 'False')
  const message = problem?.message ?? 'It was not connected yet.'
  const mends: Record<string, { mend: string; here?: boolean }> = {
    AuthenticationFailed: { mend: `ssh-copy-id ${where}`, here: true },
    HostKeyChanged: { mend: `kubectl edit server ${name} # spec.ssh.hostKey, once compared`, here: true },
    SocketForbidden: { mend: `sudo usermod -aG docker ${user}` },
    EngineStopped: { mend: 'sudo systemctl enable --now docker' },
    DockerMissing: { mend: 'sudo apt-get install -y docker.io' },
    ForwardingForbidden: {
      mend: "echo 'AllowStreamLocalForwarding yes' | sudo tee /etc/ssh/sshd_config.d/coxswain.conf && sudo systemctl reload ssh",
    },
    ClaimedByOtherCluster: { mend: CLEAN_BY_HAND },
    ClaimedByOtherServer: { mend: `kubectl delete server ${name}`, here: true },
  }
  const known = mends[problem?.reason ?? '']
  if (known) return fail(message, known.mend, known.here ? { mendOn: 'here' } : {})
  const look = ssh ? `ssh -v ${where} docker version` : 'sudo systemctl enable --now docker'
  return fail(message, look, { mendOn: 'here' })
}
