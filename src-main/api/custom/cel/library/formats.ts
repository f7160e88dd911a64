import { formats as schemaFormats } from '../../../validation/formats.ts'
import {
  dns1035Label, dnsLabel, dnsSubdomain, labelValue, qualifiedName, type TextRule,
} from '../../../validation/text-rules.ts' // prettier-ignore
import type { FunctionTable } from '../overloads.ts'
import { List, Opaque, Optional } from '../values.ts'

class Format extends Opaque {
  readonly type = 'kubernetes.NamedFormat'
  readonly key: string
  readonly rule: TextRule

  constructor(key: string, rule: TextRule) {
    super()
    this.key = key
    this.rule = rule
  }
}

/** A name that something is still put behind may end in a dash. */
const prefixOf =
  (rule: TextRule): TextRule =>
  text =>
    rule(text.replace(/-$/, 'a'))

const ofSchema =
  (name: 'uri' | 'uuid' | 'byte' | 'date' | 'datetime', sentence: string): TextRule =>
  text => {
    const format = schemaFormats[name]
    return format?.type === 'string' && !format.holds(text) ? sentence : undefined
  }

const RULES: Readonly<Record<string, TextRule>> = {
  dns1123Label: dnsLabel,
  dns1123Subdomain: dnsSubdomain,
  dns1035Label,
  dns1123LabelPrefix: prefixOf(dnsLabel),
  dns1123SubdomainPrefix: prefixOf(dnsSubdomain),
  dns1035LabelPrefix: prefixOf(dns1035Label),
  qualifiedName,
  labelValue,
  uri: ofSchema('uri', 'invalid URI for request'),
  uuid: ofSchema('uuid', 'does not match the UUID format'),
  byte: ofSchema('byte', 'invalid base64'),
  date: ofSchema('date', 'invalid date'),
  datetime: ofSchema('datetime', 'invalid datetime'),
}

const known = new Map(Object.entries(RULES).map(([name, rule]) => [name, new Format(name, rule)]))

/** Source: kubernetes apiserver pkg/cel/library/format.go. */
export const formats: FunctionTable = {
  'format.named(string): optional<kubernetes.NamedFormat>': (name: string) => new Optional(known.get(name)),
  'kubernetes.NamedFormat.validate(string): optional<list<string>>': ({ rule }: Format, text: string) => {
    const wrong = rule(text)
    return wrong === undefined ? Optional.none : new Optional(new List([wrong]))
  },
  ...Object.fromEntries(
    [...known].map(([name, format]) => [`format.${name}(): kubernetes.NamedFormat`, () => format]),
  ),
}
