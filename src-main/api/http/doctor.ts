import { StatusError } from '../../lib/errors.ts'
import { DOCTOR_GROUP, DOCTOR_VERSION, doctorReport } from '../doctor.ts'
import type { Exchange } from './exchange.ts'
import { sendJson } from './respond.ts'

/** Answers `GET /apis/coxswain.io/v1alpha1/doctor`: all servers are examined now. False when the path is another one. */
export async function handleDoctor(exchange: Exchange): Promise<boolean> {
  const [root, group, version, ...rest] = exchange.path
  if (root !== 'apis' || group !== DOCTOR_GROUP || version !== DOCTOR_VERSION) return false
  if (rest.length !== 1 || rest[0] !== 'doctor') return false
  const { method, services } = exchange
  if (method !== 'GET')
    throw new StatusError('MethodNotAllowed', `the doctor can only be asked, not ${method}`)
  if (!services.doctor) throw new StatusError('ServiceUnavailable', 'there is no doctor here')
  await sendJson(exchange, 200, doctorReport(await services.doctor.examine()))
  return true
}
