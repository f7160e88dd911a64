/** Who has answered, and how often, from what `fping -q -c N …` prints on its standard error. */
export function pings(text: string): Map<string, number> {
  const found = new Map<string, number>()
  for (const [, host = '', received] of text.matchAll(/^(\S+)\s*: xmt\/rcv\/%loss = \d+\/(\d+)\//gm)) {
    found.set(host, Number(received))
  }
  return found
}
