import type { Output } from './check.ts'

const BEGIN = '@@coxswain-begin'
const END = '@@coxswain-end'

/** One script that runs all of them, each by itself, so that one that fails or exits ends only itself. */
export function joinScripts(scripts: ReadonlyMap<string, string>): string {
  return [...scripts]
    .map(
      ([name, script]) => `echo '${BEGIN} ${name}'\n(\n${script}\n) 2>&1\nprintf '\\n%s %s\\n' '${END}' $?`,
    )
    .join('\n')
}

/** What each of them printed; one that was cut off is missing. */
export function splitOutput(text: string): Map<string, Output> {
  const found = new Map<string, Output>()
  for (const block of text.split(`${BEGIN} `).slice(1)) {
    const name = block.slice(0, block.indexOf('\n'))
    const end = block.lastIndexOf(`\n${END} `)
    if (end < 0) continue
    const output = block.slice(name.length + 1, end)
    found.set(name, { code: Number.parseInt(block.slice(end + END.length + 2), 10), text: output })
  }
  return found
}
