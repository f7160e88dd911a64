import { randomInt } from 'node:crypto'

/** Kubernetes' alphabet for generated names: no vowels, no look-alikes. Source: apiserver pkg/storage/names/generate.go. */
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789'
const MAX_BASE = 58
const SUFFIX = 5

export function randomSuffix(length = SUFFIX): string {
  return Array.from({ length }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')
}

/** `metadata.generateName` turned into a name: the base cut to 58 characters, then 5 random ones. */
export function generateName(base: string): string {
  return base.slice(0, MAX_BASE) + randomSuffix()
}

/** Maps a decimal number's digits into the safe alphabet, as Kubernetes does for pod-template-hash. */
export function safeEncode(text: string): string {
  return [...text].map(char => ALPHABET[char.charCodeAt(0) % ALPHABET.length]).join('')
}

const DNS_LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/
const DNS_SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/

/** RFC 1123 label: at most 63 characters. */
export function isDnsLabel(text: string): boolean {
  return text.length <= 63 && DNS_LABEL.test(text)
}

/** RFC 1123 subdomain: at most 253 characters. */
export function isDnsSubdomain(text: string): boolean {
  return text.length <= 253 && DNS_SUBDOMAIN.test(text)
}
