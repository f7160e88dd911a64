import { Composer, type Document, isScalar, Lexer, LineCounter, Parser, visit } from 'yaml'
import { StatusError } from '../../lib/errors.ts'
import { portions } from '../../lib/turn.ts'
import { kubernetesTags } from '../../lib/yaml-tags.ts'
import { MAX_DEPTH, MAX_DUPLICATES, tooDeep } from './json-scan.ts'

/** How many nodes YAML aliases may multiply into, at most: an alias bomb ends here. */
const MAX_ALIASES = 100
/**
 * A manifest has some eight tokens a line. Reading YAML takes a hundred times as long as reading JSON, and the last part
 * of it is done in one go.
 */
const MAX_TOKENS = 150_000
/** The library looks for the anchor of each alias among all of them. */
const MAX_ALIASES_WRITTEN = 1_000
/** What the lexer puts before a scalar without quotes, which may begin as an alias does. */
const SCALAR = '\u001f'

/**
 * Reads one YAML document.
 * @returns its value, and a sentence for each key that was given twice
 * @throws StatusError RequestEntityTooLarge, BadRequest (too deep); the library's errors for what is no YAML
 */
export async function readYaml(text: string): Promise<{ value: unknown; duplicates: string[] }> {
  const lines = new LineCounter()
  const document = await compose(text, lines)
  const [error] = document.errors
  if (error) throw new Error(`${error.message} (line ${lines.linePos(error.pos[0]).line})`, { cause: error })
  const duplicates = duplicateKeys(document, lines)
  return { value: document.toJS({ maxAliasCount: MAX_ALIASES }), duplicates }
}

async function compose(text: string, lines: LineCounter): Promise<Document.Parsed> {
  const composer = new Composer({ logLevel: 'silent', customTags: kubernetesTags, uniqueKeys: false })
  const tokens = await parse(text, lines)
  for (const document of composer.compose(tokens, true, text.length)) return document
  throw new Error('there is no document in it')
}

async function parse(text: string, lines: LineCounter) {
  const parser = new Parser(lines.addNewLine)
  lines.addNewLine(0)
  const tokens = []
  let count = 0
  let depth = 0
  let aliases = 0
  let before = ''
  const pause = portions()
  for (const lexeme of new Lexer().lex(text)) {
    if (++count > MAX_TOKENS) {
      throw new StatusError(
        'RequestEntityTooLarge',
        `the body has more than ${MAX_TOKENS} YAML tokens: send it as JSON`,
      )
    }
    if (lexeme === '{' || lexeme === '[') depth++
    else if (lexeme === '}' || lexeme === ']') depth--
    if (depth > MAX_DEPTH) throw tooDeep()
    if (lexeme.startsWith('*') && before !== SCALAR && ++aliases > MAX_ALIASES_WRITTEN) {
      throw new StatusError(
        'RequestEntityTooLarge',
        `the body has more than ${MAX_ALIASES_WRITTEN} YAML aliases: write out what they stand for`,
      )
    }
    before = lexeme
    tokens.push(...parser.next(lexeme))
    const others = pause()
    if (others) await others
  }
  tokens.push(...parser.end())
  return tokens
}

/** The library's own search compares each key with each. */
function duplicateKeys(document: Document.Parsed, lines: LineCounter): string[] {
  const found: string[] = []
  visit(document, {
    Map(_, { items }) {
      const seen = new Set<unknown>()
      for (const { key } of items) {
        if (!isScalar(key)) continue
        if (seen.has(key.value) && found.length < MAX_DUPLICATES) {
          found.push(`line ${lines.linePos(key.range?.[0] ?? 0).line}: key already set in map`)
        }
        seen.add(key.value)
      }
    },
  })
  return found
}
