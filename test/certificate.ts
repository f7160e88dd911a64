import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

interface Pair {
  certificate: string
  key: string
}

/** A self-signed certificate for these hosts. */
export function certificateFor(...hosts: string[]): Pair {
  return certificateOfCurve('P-256', ...hosts)
}

/** The same with a key on another curve, as openssl names it. */
export function certificateOfCurve(name: string, ...hosts: string[]): Pair {
  const folder = mkdtempSync(join(tmpdir(), 'cx-cert-'))
  const [certificate, key] = [join(folder, 'crt'), join(folder, 'key')]
  const names = `subjectAltName=${hosts.map(host => `DNS:${host}`).join(',')}`
  const to = ['-subj', '/O=lab', '-addext', names, '-out', certificate, '-keyout', key]
  const curve = ['-newkey', 'ec', '-pkeyopt', `ec_paramgen_curve:${name}`, '-nodes']
  try {
    execFileSync('openssl', ['req', '-x509', '-days', '2', ...curve, ...to], { stdio: 'pipe' })
    return { certificate: readFileSync(certificate, 'utf8'), key: readFileSync(key, 'utf8') }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
