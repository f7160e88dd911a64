import { errorMessage } from '../../lib/errors.ts'
import { StoreUnavailable } from '../port.ts'

/** What to do about the system errors that a folder meets in practice. */
const remedies: Record<string, string> = {
  ENOSPC: 'its disk is full; free some space',
  EDQUOT: "the user's disk quota is used up; free some space",
  EIO: 'its disk reports errors; check the disk, and copy the folder to another one',
  EROFS: 'it is mounted read-only; mount it for writing or choose another folder',
  EACCES: 'this user may not write there; change its owner or choose another folder',
  EPERM: 'this user may not write there; change its owner or choose another folder',
  ENOENT: 'no folder can be made there; choose another folder',
  ENOTDIR: 'a part of its path is a file; choose another folder',
  EEXIST: 'a file is in its place; choose another folder',
  EMFILE: 'this process has too many files open; raise its limit (ulimit -n)',
}

/** Turns a system error into StoreUnavailable with the remedy; any other error is given back as it is. */
export function diskError(dir: string, error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const remedy = remedies[code]
  if (!remedy) return error
  return new StoreUnavailable(
    `cannot write to ${dir}: ${remedy}, then try again. Nothing was changed. (${errorMessage(error)})`,
    error,
  )
}
