import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const part = fileURLToPath(new URL('../../../resources/system-image/parts/rules.sh', import.meta.url))

/** What `rules_pass` does on a server whose commands are these scripts: its exit code and all that it has said. */
function pass(commands: { iptables: string; nft: string }): { code: string; said: string[] } {
  const folder = mkdtempSync(join(tmpdir(), 'rules-'))
  try {
    const scripts = {
      'iptables-nft': commands.iptables,
      'iptables-legacy': 'exit 1',
      nft: commands.nft,
    }
    for (const [name, script] of Object.entries(scripts)) {
      const file = join(folder, name)
      writeFileSync(file, `#!/bin/bash\n${script}\n`)
      chmodSync(file, 0o755)
    }
    const program = `say() { echo "$*"; }; ETC=${folder} RUN=${folder}; source ${part}; rules_pass; echo $?`
    const env = { ...process.env, PATH: `${folder}:${process.env.PATH}` }
    const lines = execFileSync('bash', ['-c', program], { encoding: 'utf8', env }).trim().split('\n')
    return { code: lines.pop() ?? '', said: lines }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Docker 20.10 to 29 with iptables: the chain is there, and our rule is not in it yet. */
const IPTABLES = 'case "$*" in *-S*) ;; *-C*) exit 1 ;; *) echo "$*" ;; esac'
const NO_CHAIN = 'exit 1'
const bridges = (rule: string) => `echo 'table ip docker-bridges { chain filter-FORWARD { ${rule} } }'`

it('Docker with iptables gets one rule in DOCKER-USER', () => {
  expect(pass({ iptables: IPTABLES, nft: NO_CHAIN })).toEqual({
    code: '0',
    said: ['-w 5 -I DOCKER-USER -m mark --mark 0x2000/0x2000 -j ACCEPT'],
  })
})

it('Docker with nftables needs no rule where its settings name the mark', () => {
  const nft = bridges('meta mark & 0x00002000 == 0x00002000 counter packets 0 bytes 0 accept')
  expect(pass({ iptables: NO_CHAIN, nft })).toEqual({ code: '0', said: [] })
})

it('Docker with nftables is told how to be set where they do not', () => {
  const { code, said } = pass({
    iptables: NO_CHAIN,
    nft: bridges('meta mark & 0x00000001 == 0x00000001 accept'),
  })
  expect(code).toBe('1')
  expect(said.join()).toContain('"bridge-accept-fwmark": "0x2000/0x2000"')
})

it('a server without either says that Docker may not run', () => {
  const { code, said } = pass({ iptables: NO_CHAIN, nft: 'exit 1' })
  expect(code).toBe('1')
  expect(said.join()).toContain('DOCKER-USER')
})
