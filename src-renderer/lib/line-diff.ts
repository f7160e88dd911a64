export interface DiffLine {
  kind: 'same' | 'added' | 'removed'
  text: string
}

/**
 * The shortest edit from one text to another, by lines. Quadratic in the lines that differ, which is right for pod
 * templates. Source: the longest common subsequence by dynamic programming.
 */
export function diffLines(before: string, after: string): DiffLine[] {
  const a = before.split('\n')
  const b = after.split('\n')
  let head = 0
  while (head < a.length && head < b.length && a[head] === b[head]) head++
  let tail = 0
  while (
    tail < a.length - head &&
    tail < b.length - head &&
    a[a.length - 1 - tail] === b[b.length - 1 - tail]
  )
    tail++
  const same = (text: string): DiffLine => ({ kind: 'same', text })
  return [
    ...a.slice(0, head).map(same),
    ...changes(a.slice(head, a.length - tail), b.slice(head, b.length - tail)),
    ...a.slice(a.length - tail).map(same),
  ]
}

function changes(a: readonly string[], b: readonly string[]): DiffLine[] {
  const width = b.length + 1
  // common[i * width + j]: how many lines a[i..] and b[j..] have in common, in order
  const common = new Uint32Array((a.length + 1) * width)
  const at = (i: number, j: number) => common[i * width + j] ?? 0
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      common[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
    }
  }
  const lines: DiffLine[] = []
  let i = 0
  let j = 0
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push({ kind: 'same', text: a[i++] ?? '' })
      j++
    } else if (i < a.length && (j >= b.length || at(i + 1, j) >= at(i, j + 1))) {
      lines.push({ kind: 'removed', text: a[i++] ?? '' })
    } else lines.push({ kind: 'added', text: b[j++] ?? '' })
  }
  return lines
}

/** Leaves out the unchanged lines that are farther than `around` from a change; undefined stands for what is left out. */
export function foldSame(lines: readonly DiffLine[], around = 3): (DiffLine | undefined)[] {
  const near = new Array<boolean>(lines.length).fill(false)
  lines.forEach((line, index) => {
    if (line.kind === 'same') return
    near.fill(true, Math.max(0, index - around), index + around + 1)
  })
  const folded: (DiffLine | undefined)[] = []
  lines.forEach((line, index) => {
    if (near[index]) folded.push(line)
    else if (index === 0 || near[index - 1]) folded.push(undefined)
  })
  return folded
}
