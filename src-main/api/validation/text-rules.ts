/**
 * What names, keys and values may look like, as functions that give a sentence for what is wrong, or nothing.
 * Wording: apimachinery pkg/util/validation/validation.go.
 */
export type TextRule = (text: string) => string | undefined

function matching(pattern: string, sentence: string, examples: string[]): TextRule {
  const expression = new RegExp(`^(?:${pattern})$`)
  const such = examples.length > 0 ? `e.g. ${examples.map(example => `'${example}', `).join(' or ')}` : ''
  return text =>
    expression.test(text) ? undefined : `${sentence} (${such}regex used for validation is '${pattern}')`
}

function atMost(length: number, rule: TextRule): TextRule {
  return text => (Buffer.byteLength(text) > length ? `must be no more than ${length} bytes` : rule(text))
}

const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'

export const dnsLabel = atMost(
  63,
  matching(
    LABEL,
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
    ['my-name', '123-abc'],
  ),
)

export const dnsSubdomain = atMost(
  253,
  matching(
    `${LABEL}(\\.${LABEL})*`,
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
    ['example.com'],
  ),
)

/** A host name whose first label stands for any: `*.example.com`. */
export const wildcardSubdomain = atMost(
  253,
  matching(
    `\\*\\.${LABEL}(\\.${LABEL})*`,
    "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
    ['*.example.com'],
  ),
)

export const dns1035Label = atMost(
  63,
  matching(
    '[a-z]([-a-z0-9]*[a-z0-9])?',
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
    ['my-name', 'abc-123'],
  ),
)

const namePart = matching(
  '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]',
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  ['MyName', 'my.name', '123-abc'],
)

/** The key of a label, annotation, taint or finalizer: a name with an optional DNS prefix. */
export const qualifiedName: TextRule = text => {
  const parts = text.split('/')
  const [prefix, name = ''] = parts.length === 1 ? [undefined, text] : parts
  if (parts.length > 2) {
    return "a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
  }
  if (prefix === '') return 'prefix part must be non-empty'
  const wrongPrefix = prefix === undefined ? undefined : dnsSubdomain(prefix)
  if (wrongPrefix) return `prefix part ${wrongPrefix}`
  if (name === '') return 'name part must be non-empty'
  if (name.length > 63) return 'name part must be no more than 63 bytes'
  return namePart(name)
}

export const labelValue = atMost(
  63,
  matching(
    '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?',
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
    ['MyValue', 'my_value', '12345'],
  ),
)

/** The key of a ConfigMap or Secret, which becomes a file name. */
export const configKey: TextRule = text => {
  if (text === '.' || text === '..') return `must not be '${text}'`
  if (text.startsWith('..')) return "must not start with '..'"
  return configKeyText(text)
}
const configKeyText = atMost(
  253,
  matching('[-._a-zA-Z0-9]+', "a valid config key must consist of alphanumeric characters, '-', '_' or '.'", [
    'key.name',
    'KEY_NAME',
    'key-name',
  ]),
)

export const envName: TextRule = text =>
  /^[ -<>-~]+$/.test(text)
    ? undefined
    : "a valid environment variable name must consist only of printable ASCII characters other than '='"

/** RFC 6335 service name, as container ports have. */
export const portName: TextRule = text => {
  if (text.length > 15) return 'must be no more than 15 characters'
  if (!/^[-a-z0-9]+$/.test(text))
    return 'must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)'
  if (!/[a-z]/.test(text)) return 'must contain at least one letter (a-z)'
  if (text.includes('--')) return 'must not contain consecutive hyphens'
  return /^-|-$/.test(text) ? 'must not begin or end with a hyphen' : undefined
}

export const percentage = matching(
  '[0-9]+%',
  "a valid percent string must be a numeric string followed by an ending '%'",
  ['1%', '93%'],
)

export const httpHeaderName = matching(
  '[-A-Za-z0-9]+',
  "a valid HTTP header must consist of alphanumeric characters or '-'",
  ['X-Header-Name'],
)

/** A path inside a volume: relative, and not leading out of it. */
export const pathInside: TextRule = text => {
  if (text.startsWith('/')) return 'must be a relative path'
  return text.split('/').includes('..') ? "must not contain '..'" : undefined
}
