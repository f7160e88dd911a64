import { expect } from 'vitest'
import { waitForReadyNodes } from '../support/cluster.ts'
import { createCox, type Cox } from '../support/cox.ts'

/** kubectl on a `cox serve` of its own with three simulated servers. */
export interface Playground {
  cox: Cox
  /** Succeeds, and gives what it printed, trimmed. Words are split at spaces; 'quoted words' stay together. */
  k(command: string, input?: string): Promise<string>
  /** Fails, and gives what it said on stderr. */
  fails(command: string, input?: string): Promise<string>
  dispose(): Promise<void>
}

export async function startPlayground(): Promise<Playground> {
  const cox = await createCox(['--playground', '3'])
  await waitForReadyNodes(cox, 3)
  return {
    cox,
    async k(command, input) {
      const { code, stdout, stderr } = await cox.tryKubectlWith(input, ...words(command))
      expect(code, `kubectl ${command}: ${stderr}`).toBe(0)
      return stdout.trim()
    },
    async fails(command, input) {
      const { code, stdout, stderr } = await cox.tryKubectlWith(input, ...words(command))
      expect(code, `kubectl ${command} succeeded: ${stdout}`).not.toBe(0)
      return stderr.trim()
    },
    dispose: () => cox.dispose(),
  }
}

function words(command: string): string[] {
  return (command.match(/'[^']*'|\S+/g) ?? []).map(word => word.replace(/^'(.*)'$/s, '$1'))
}

/** A Deployment that the simulated servers run. */
export function deployment(name: string, { replicas = 2, image = 'web:1', env = '' } = {}): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, labels: {app: ${name}}}
spec:
  replicas: ${replicas}
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata: {labels: {app: ${name}}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - name: main
        image: ${image}
        ports: [{containerPort: 80}]
        env: [${env}]
`
}
