import { execFileSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const parts = fileURLToPath(new URL('../../../resources/system-image/parts', import.meta.url))

let folder: string

beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'store-'))))
afterEach(() => rmSync(folder, { recursive: true }))

/** Runs functions of parts/ingress.sh with their folders below `folder`. */
function run(script: string): void {
  const start = `set -uo pipefail; say() { :; }; LIB='${parts}' ETC='${folder}/etc' RUN='${folder}/run' LOST=`
  execFileSync('bash', ['-c', `${start}; source '${parts}/ingress.sh'; ${script}`], { stdio: 'pipe' })
}

function write(path: string, text: string, minute = 0): void {
  const file = join(folder, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
  utimesSync(file, minute * 60, minute * 60)
}

/** A certificate that was obtained in a minute, as Caddy stores it. */
function certificate(store: string, host: string, minute: number, authority = 'ca'): void {
  const base = `${store}/certificates/${authority}/${host}/${host}`
  const text = `${host} ${authority} ${minute}`
  write(`${base}.crt`, `crt ${text}\n`, minute)
  write(`${base}.key`, `key ${text}\n`, minute)
}

const OWN = 'etc/certificates'
const read = (path: string) => readFileSync(join(folder, path), 'utf8')
const pems = () => readdirSync(join(folder, OWN, 'pem')).sort()
const pem = (host: string) => read(`${OWN}/pem/${host}.pem`)

describe('what a server that follows has taken over', () => {
  it('is the later one of each certificate, and what the leader has not got', () => {
    certificate(OWN, 'only-here.org', 1)
    certificate(OWN, 'renewed.org', 1)
    certificate(OWN, 'later-here.org', 5)
    write(`${OWN}/acme/ca/users/old.json`, 'old account')
    certificate('new', 'renewed.org', 3)
    certificate('new', 'later-here.org', 3)
    certificate('new', 'only-there.org', 3)
    write('new/acme/ca/users/new.json', 'new account')
    run(`ingress_merge '${folder}/new' && ingress_pems`)
    expect(pems()).toEqual([
      'later-here.org.pem',
      'only-here.org.pem',
      'only-there.org.pem',
      'renewed.org.pem',
    ])
    expect(pem('only-here.org')).toBe('crt only-here.org ca 1\nkey only-here.org ca 1\n')
    expect(pem('renewed.org')).toContain('renewed.org ca 3')
    expect(pem('later-here.org')).toContain('later-here.org ca 5')
    expect(readdirSync(join(folder, OWN, 'acme/ca/users')).sort()).toEqual(['new.json', 'old.json'])
  })

  it('is without what Caddy has thrown away, and of two authorities the later one', () => {
    write(`${OWN}/pem/gone.org.pem`, 'long over')
    certificate(OWN, 'x.org', 9, 'a')
    certificate(OWN, 'x.org', 2, 'b')
    run('ingress_pems')
    expect(pems()).toEqual(['x.org.pem'])
    expect(pem('x.org')).toContain('x.org a 9')
  })
})

describe('a server that obtained certificates and does no more', () => {
  it('goes on with them, and asks the new leader for all', () => {
    certificate(OWN, 'x.org', 1)
    write('etc/ingress.old/acme', 'leader\n')
    write('etc/ingress/acme', 'from 10.244.1.1 49350 store.coxswain.internal\n')
    write('run/packed', 'certificates/x.org 1 1\n')
    write('run/fetched.tar', 'of long ago')
    run('ingress_role')
    expect(pem('x.org')).toContain('key x.org ca 1')
    for (const file of ['run/packed', 'run/fetched.tar']) expect(existsSync(join(folder, file))).toBe(false)
  })
})
