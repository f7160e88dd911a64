/** How much a finding matters. `unknown`: it could not be looked at. */
export type FindingStatus = 'ok' | 'warn' | 'fail' | 'unknown'

/** What one check found on one server, or between it and another one. */
export interface Finding {
  /** `mesh`, `clock` … */
  check: string
  server: string
  /** The other server, for checks of pairs. */
  peer?: string
  status: FindingStatus
  /** One or two sentences for people. */
  message: string
  /** The command that mends it; present on every `fail`. */
  mend?: string
  /** Where that is to be run: a server's name, or words for a router; absent for this computer. */
  mendOn?: string
}

export const DOCTOR_GROUP = 'coxswain.io'
export const DOCTOR_VERSION = 'v1alpha1'
export const DOCTOR_PATH = `/apis/${DOCTOR_GROUP}/${DOCTOR_VERSION}/doctor`

export interface DoctorReport {
  kind: 'DoctorReport'
  apiVersion: string
  /** The worst of all findings. */
  status: 'ok' | 'warn' | 'fail'
  findings: Finding[]
}

/** Examines the servers' network. The composition root passes in an implementation. */
export interface Doctor {
  examine(): Promise<Finding[]>
}

export function doctorReport(findings: Finding[]): DoctorReport {
  const has = (status: FindingStatus) => findings.some(finding => finding.status === status)
  return {
    kind: 'DoctorReport',
    apiVersion: `${DOCTOR_GROUP}/${DOCTOR_VERSION}`,
    status: has('fail') ? 'fail' : has('warn') || has('unknown') ? 'warn' : 'ok',
    findings,
  }
}
