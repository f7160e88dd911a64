import { DOCTOR_PATH, type DoctorReport, type Finding } from '../api/doctor.ts'
import { columns } from './columns.ts'
import { getFromApi } from './api-request.ts'

/**
 * Asks the control plane that runs on this data folder to examine its servers.
 * @returns what to print, and 1 as the code when a check has failed
 * @throws ApiRequestError when none runs
 */
export async function doctorCommand(
  dataDir: string,
  output: 'table' | 'json',
): Promise<{ text: string; code: number }> {
  const report = (await getFromApi(dataDir, DOCTOR_PATH)) as DoctorReport
  const text = output === 'json' ? `${JSON.stringify(report, undefined, 2)}\n` : doctorText(report)
  return { text, code: report.status === 'fail' ? 1 : 0 }
}

const WORDS: Record<Finding['status'], string> = { ok: 'ok', warn: 'warn', fail: 'FAIL', unknown: '?' }
const ORDER: Finding['status'][] = ['fail', 'warn', 'unknown', 'ok']

/** A line a check and a column a server, then all that is not well, each with the command that mends it. */
export function doctorText({ findings }: DoctorReport): string {
  if (findings.length === 0) return 'There are no servers to examine: simulated ones have no network.\n'
  const servers = unique(findings.map(({ server }) => server))
  const rows = unique(findings.map(({ check }) => check)).map(check => [
    check,
    ...servers.map(server => worst(findings.filter(one => one.check === check && one.server === server))),
  ])
  const wrong = ORDER.flatMap(status =>
    status === 'ok' ? [] : findings.filter(finding => finding.status === status),
  )
  const count = (status: Finding['status']) => findings.filter(finding => finding.status === status).length
  const sum = `${count('ok')} ok, ${count('warn')} to look at, ${count('fail')} wrong, ${count('unknown')} not known`
  return `${[columns([['CHECK', ...servers], ...rows]), ...wrong.map(details), sum].join('\n\n')}\n`
}

function details({ check, server, peer, status, message, mend, mendOn }: Finding): string {
  const title = `${WORDS[status]}  ${check} on ${server}${peer ? `, towards ${peer}` : ''}`
  const command = mend ? [`    mend it, on ${mendOn ?? 'this computer'}:`, `      ${mend}`] : []
  return [title, `    ${message}`, ...command].join('\n')
}

function worst(findings: readonly Finding[]): string {
  const status = ORDER.find(one => findings.some(finding => finding.status === one))
  return status ? WORDS[status] : '-'
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)]
}
