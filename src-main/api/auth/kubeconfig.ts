import { stringify } from 'yaml'
import { writePrivateFile } from './private-file.ts'

/** What a client needs to reach and trust this API server. */
export interface KubeconfigInput {
  /** `https://127.0.0.1:6443` */
  server: string
  /** PEM of the authority. */
  authority: string
  token: string
}

/** kubectl reads YAML 1.1: a name such as `no` must be quoted. Tokens and certificates are never folded. */
export const KUBECONFIG_YAML = { version: '1.1', lineWidth: 0 } as const

/** Writes a kubeconfig with one context, `coxswain`. Only its owner can read it, and it is never half-written. */
export async function writeKubeconfig(path: string, input: KubeconfigInput): Promise<void> {
  await writePrivateFile(path, kubeconfig(input))
}

function kubeconfig({ server, authority, token }: KubeconfigInput): string {
  const name = 'coxswain'
  return stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        {
          name,
          cluster: {
            server,
            'certificate-authority-data': Buffer.from(authority).toString('base64'),
          },
        },
      ],
      users: [{ name, user: { token } }],
      contexts: [{ name, context: { cluster: name, user: name, namespace: 'default' } }],
      'current-context': name,
    },
    KUBECONFIG_YAML,
  )
}
