const SENTENCES: Record<string, string> = {
  ENOENT: 'there is no such file or folder',
  ENOTDIR: 'a part of this path is a file, not a folder: name another one',
  EISDIR: 'this is a folder, not a file',
  EACCES: 'this user may not open it: change its owner or its rights, or name another one',
  EPERM: 'this user may not do that: change its owner or its rights, or name another one',
  EROFS: 'this disk cannot be written to: name a folder on another one',
  ENOSPC: 'the disk is full: make room on it, or name a folder on another one',
}

/** What the system says of a file in words, with the path; undefined for any other error. */
export function fileErrorMessage(error: unknown): string | undefined {
  const { code, path } = (error ?? {}) as NodeJS.ErrnoException
  const sentence = code === undefined ? undefined : SENTENCES[code]
  return sentence && path ? `${path}: ${sentence}` : undefined
}
