import 'reflect-metadata'
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509'
import { randomBytes, webcrypto } from 'node:crypto'

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const DAY_MS = 24 * 60 * 60_000
const CA_DAYS = 3650
/** Apple's clients refuse server certificates that are valid for longer than 825 days. */
const SERVER_DAYS = 365
/** Certificates are made anew this long before they end; clocks may differ by a day. */
const RENEW_BEFORE_MS = 30 * DAY_MS

/** A certificate and its private key, both PEM. */
export interface KeyPair {
  certificate: string
  key: string
}

/** A certificate authority of our own, for one data folder. */
export async function createAuthority(now: number): Promise<KeyPair> {
  const keys = await generateKeys()
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: 'CN=Coxswain CA',
    ...validity(now, CA_DAYS),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return { certificate: certificate.toString('pem'), key: await exportKey(keys) }
}

/** A server certificate for loopback, signed by the authority. */
export async function createServerCertificate(authority: KeyPair, now: number): Promise<KeyPair> {
  const keys = await generateKeys()
  const certificate = await X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: 'CN=coxswain',
    issuer: new X509Certificate(authority.certificate).subject,
    ...validity(now, SERVER_DAYS),
    signingAlgorithm: ALGORITHM,
    publicKey: keys.publicKey,
    signingKey: await importKey(authority.key),
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension([
        { type: 'ip', value: '127.0.0.1' },
        { type: 'ip', value: '::1' },
        { type: 'dns', value: 'localhost' },
      ]),
    ],
  })
  return { certificate: certificate.toString('pem'), key: await exportKey(keys) }
}

/** A pair by which programs of ours know one another, as server and as client: each trusts this certificate alone. */
export async function createSharedPair(host: string, now: number): Promise<KeyPair> {
  const keys = await generateKeys()
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: `CN=${host}`,
    ...validity(now, CA_DAYS),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth]),
      new SubjectAlternativeNameExtension([{ type: 'dns', value: host }]),
    ],
  })
  return { certificate: certificate.toString('pem'), key: await exportKey(keys) }
}

/** False when the certificate cannot be read, is not signed by the authority, or ends within 30 days. */
export async function isUsable(certificate: string, authority: string, now: number): Promise<boolean> {
  try {
    const parsed = new X509Certificate(certificate)
    if (parsed.notAfter.getTime() - RENEW_BEFORE_MS < now || parsed.notBefore.getTime() > now) return false
    const { publicKey } = new X509Certificate(authority)
    return await parsed.verify({ publicKey, signatureOnly: true })
  } catch {
    return false
  }
}

function validity(now: number, days: number) {
  return { notBefore: new Date(now - DAY_MS), notAfter: new Date(now + days * DAY_MS) }
}

/** Positive, as RFC 5280 wants it: the first bit is 0. */
function serialNumber(): string {
  const bytes = randomBytes(16)
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x01
  return bytes.toString('hex')
}

function generateKeys() {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']) as Promise<webcrypto.CryptoKeyPair>
}

async function exportKey(keys: webcrypto.CryptoKeyPair): Promise<string> {
  return PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY')
}

function importKey(pem: string) {
  const der = PemConverter.decode(pem)[0]
  if (!der) throw new Error('the authority has no private key')
  return webcrypto.subtle.importKey('pkcs8', der, ALGORITHM, false, ['sign'])
}
