import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DOCTOR_PATH, type Finding } from '../../../../src-main/api/doctor.ts'
import { doctorCommand } from '../../../../src-main/cli/doctor.ts'
import { call } from './call.ts'
import { serveApi, type ServedApi } from './served-api.ts'

let findings: Finding[] = []
let api: ServedApi

beforeAll(async () => {
  api = await serveApi({ doctor: { examine: async () => findings } })
})
afterAll(() => api.stop())

const well: Finding = { check: 'clock', server: 'a', status: 'ok', message: 'It agrees.' }
const slow: Finding = {
  check: 'wireguard',
  server: 'b',
  status: 'warn',
  message: 'Slow.',
  mend: 'modprobe',
  mendOn: 'b',
}
const shut: Finding = {
  check: 'mesh',
  server: 'a',
  peer: 'b',
  status: 'fail',
  message: 'Shut.',
  mend: 'ufw allow',
  mendOn: 'b',
}

describe('the doctor', () => {
  it.each<[Finding[], string]>([
    [[], 'ok'],
    [[well], 'ok'],
    [[well, slow], 'warn'],
    [[{ ...well, status: 'unknown' }], 'warn'],
    [[slow, shut, well], 'fail'],
  ])('reports %j as %s', async (found, status) => {
    findings = found
    expect((await call(api, DOCTOR_PATH)).json()).toEqual({
      kind: 'DoctorReport',
      apiVersion: 'coxswain.io/v1alpha1',
      status,
      findings: found,
    })
  })

  it('is only for those who may use the API, and only to be asked', async () => {
    expect((await call(api, DOCTOR_PATH, { anonymous: true })).code).toBe(401)
    expect((await call(api, DOCTOR_PATH, { method: 'POST', body: {} })).code).toBe(405)
    expect((await call(api, `${DOCTOR_PATH}/a`)).code).toBe(404)
  })
})

describe('cox doctor', () => {
  it('shows a line a check, and how to mend what is wrong', async () => {
    findings = [well, slow, shut]
    const { text, code } = await doctorCommand(api.folder, 'table')
    expect(code).toBe(1)
    expect(text).toBe(`CHECK       a      b
clock       ok     -
wireguard   -      warn
mesh        FAIL   -

FAIL  mesh on a, towards b
    Shut.
    mend it, on b:
      ufw allow

warn  wireguard on b
    Slow.
    mend it, on b:
      modprobe

1 ok, 1 to look at, 1 wrong, 0 not known
`)
  })

  it('prints the report as JSON, and ends well when nothing has failed', async () => {
    findings = [well, slow]
    const { text, code } = await doctorCommand(api.folder, 'json')
    expect(code).toBe(0)
    expect(JSON.parse(text)).toMatchObject({ kind: 'DoctorReport', status: 'warn', findings })
  })

  it('says so when there are no servers', async () => {
    findings = []
    expect((await doctorCommand(api.folder, 'table')).text).toContain('no servers')
  })

  it('says so when no control plane runs on that folder, or none that has a doctor', async () => {
    await expect(doctorCommand('/nonexistent', 'table')).rejects.toThrow(
      /no control plane runs on \/nonexistent/,
    )
    const other = await serveApi()
    await expect(doctorCommand(other.folder, 'table')).rejects.toThrow('there is no doctor here')
    await other.server.close()
    await expect(doctorCommand(other.folder, 'table')).rejects.toThrow(
      /no control plane runs on .*ECONNREFUSED/,
    )
    await other.stop()
  })
})
