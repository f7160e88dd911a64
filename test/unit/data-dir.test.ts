import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { defaultDataDir } from '../../src-main/data-dir.ts'
import { storeDir } from '../../src-main/store/open.ts'

let home: string
let data: string
let config: string

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'home-'))
  data = join(home, 'share', 'coxswain')
  config = join(home, 'config', 'coxswain')
})
afterEach(() => rm(home, { recursive: true }))

const dir = (env: NodeJS.ProcessEnv = {}) =>
  defaultDataDir(
    { XDG_DATA_HOME: join(home, 'share'), XDG_CONFIG_HOME: join(home, 'config'), ...env },
    'linux',
  )

test('is where the environment says', () => {
  expect(dir()).toBe(data)
  expect(dir({ COXSWAIN_DATA: '/srv/coxswain' })).toBe('/srv/coxswain')
  expect(defaultDataDir({ APPDATA: home }, 'win32')).toBe(join(home, 'coxswain'))
  expect(defaultDataDir({ APPDATA: '' }, 'win32')).toMatch(/AppData.Roaming.coxswain$/)
})

test('is the folder that the window had before, as long as that alone holds a store', async () => {
  await mkdir(config, { recursive: true })
  expect(dir()).toBe(data)
  await mkdir(storeDir(config))
  expect(dir()).toBe(config)
  await mkdir(storeDir(data), { recursive: true })
  expect(dir()).toBe(data)
})
