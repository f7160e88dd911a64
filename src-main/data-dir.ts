import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { storeDir } from './store/open.ts'

/** Where Coxswain keeps its data unless told otherwise: the platform's folder for application data. */
export function defaultDataDir(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): string {
  if (env.COXSWAIN_DATA) return env.COXSWAIN_DATA
  if (platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'coxswain')
  if (platform === 'win32') return join(env.APPDATA || join(homedir(), 'AppData', 'Roaming'), 'coxswain')
  const dir = join(env.XDG_DATA_HOME || join(homedir(), '.local', 'share'), 'coxswain')
  // where the desktop's window once kept its data
  const former = join(env.XDG_CONFIG_HOME || join(homedir(), '.config'), 'coxswain')
  return !existsSync(storeDir(dir)) && existsSync(storeDir(former)) ? former : dir
}
