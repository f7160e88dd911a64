import type { LabEnv } from '../lab.ts'
import type { EngineUnderTest } from './contract.ts'

const LINES = 'i=0; while :; do i=$((i+1)); echo line $i; sleep 0.05; done'

/** What the contract needs to know of a lab server's images. */
export function labImages(env: LabEnv): Omit<EngineUnderTest, 'engine' | 'close'> {
  const shell = (script: string) => ({ command: ['sh', '-c', script] })
  return {
    image: env.base,
    pullable: `${env.web}:cold`,
    missing: `${env.web}:no-such-tag`,
    unauthorized: `${env.privateWeb}:1`,
    auth: { username: env.privateUser, password: env.privatePassword, serverAddress: env.privateRegistry },
    unreachable: `${env.registry.replace(/:\d+$/, ':5999')}/web:1`,
    running: shell(`trap 'exit 0' TERM; ${LINES}`),
    exitsWith: code => shell(`echo ending; echo with ${code} >&2; exit ${code}`),
    stubborn: shell(`trap '' TERM; ${LINES}`),
  }
}
