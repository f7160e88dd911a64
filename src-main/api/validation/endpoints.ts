import { isIP } from 'node:net'
import type { Endpoints, EndpointSlice } from '../types.ts'
import { checkImmutable, checkPort, checkText, checkUnique, requireText } from './field-checks.ts'
import type { FieldErrors } from './field-errors.ts'
import { dnsLabel, dnsSubdomain } from './text-rules.ts'

type Address = NonNullable<NonNullable<Endpoints['subsets']>[number]['addresses']>[number]

const PROTOCOLS = ['TCP', 'UDP', 'SCTP']
const MAX_ADDRESSES = 100
const MAX_ENDPOINTS = 1000
const MAX_PORTS = 100
const INVALID_IP = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'

/** Addresses that belong to the machine itself or to nobody: traffic must not be led there. */
function specialAddress(ip: string): string | undefined {
  if (ip === '0.0.0.0' || ip === '::') return 'may not be unspecified (0.0.0.0 or ::)'
  if (ip.startsWith('127.') || ip === '::1') return 'may not be in the loopback range (127.0.0.0/8, ::1/128)'
  if (ip.startsWith('169.254.') || /^fe[89ab]/i.test(ip)) {
    return 'may not be in the link-local range (169.254.0.0/16, fe80::/10)'
  }
  if (/^22[4]\.0\.0\./.test(ip) || /^ff02:/i.test(ip)) {
    return 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)'
  }
  return undefined
}

/** Source: kubernetes pkg/apis/core/validation, ValidateEndpoints. */
export function validateEndpoints({ subsets }: Endpoints, errors: FieldErrors): void {
  subsets?.forEach(({ addresses = [], notReadyAddresses = [], ports = [] }, index) => {
    const field = `subsets[${index}]`
    if (addresses.length + notReadyAddresses.length === 0) {
      errors.required(field, 'must specify `addresses` or `notReadyAddresses`')
    }
    addresses.forEach((address, position) =>
      validateAddress(address, `${field}.addresses[${position}]`, errors),
    )
    notReadyAddresses.forEach((address, position) =>
      validateAddress(address, `${field}.notReadyAddresses[${position}]`, errors),
    )
    ports.forEach(({ name, port, protocol }, position) => {
      const path = `${field}.ports[${position}]`
      if (ports.length > 1 || name) requireText(errors, `${path}.name`, name, dnsLabel)
      checkPort(errors, `${path}.port`, port)
      checkProtocol(protocol, `${path}.protocol`, errors)
    })
  })
}

function validateAddress({ ip, hostname, nodeName }: Address, field: string, errors: FieldErrors): void {
  const wrong = isIP(ip ?? '') === 0 ? INVALID_IP : specialAddress(ip)
  if (wrong) errors.invalid(`${field}.ip`, ip ?? '', wrong)
  checkText(errors, `${field}.hostname`, hostname, dnsLabel)
  checkText(errors, `${field}.nodeName`, nodeName, dnsSubdomain)
}

function checkProtocol(protocol: string | undefined, field: string, errors: FieldErrors): void {
  if (!protocol) errors.required(field)
  else if (!PROTOCOLS.includes(protocol)) errors.notSupported(field, protocol, PROTOCOLS)
}

/** Source: kubernetes pkg/apis/discovery/validation, ValidateEndpointSlice. */
export function validateEndpointSlice(slice: EndpointSlice, errors: FieldErrors, old?: EndpointSlice): void {
  const { addressType, endpoints = [], ports = [] } = slice
  if (endpoints.length > MAX_ENDPOINTS) errors.tooMany('endpoints', endpoints.length, MAX_ENDPOINTS)
  if (ports.length > MAX_PORTS) errors.tooMany('ports', ports.length, MAX_PORTS)
  endpoints.forEach(({ addresses = [], hostname, nodeName }, index) => {
    const field = `endpoints[${index}]`
    if (addresses.length === 0) errors.required(`${field}.addresses`, 'must contain at least 1 address')
    if (addresses.length > MAX_ADDRESSES)
      errors.tooMany(`${field}.addresses`, addresses.length, MAX_ADDRESSES)
    addresses.forEach((address, position) => {
      const path = `${field}.addresses[${position}]`
      if (addressType === 'FQDN') checkText(errors, path, address, dnsSubdomain)
      else {
        const wrong = wrongAddress(address, addressType === 'IPv4' ? 4 : 6)
        if (wrong) errors.invalid(path, address, wrong)
      }
    })
    checkText(errors, `${field}.hostname`, hostname, dnsLabel)
    checkText(errors, `${field}.nodeName`, nodeName, dnsSubdomain)
  })
  ports.forEach(({ name, protocol }, index) => {
    checkText(errors, `ports[${index}].name`, name, dnsLabel)
    checkProtocol(protocol, `ports[${index}].protocol`, errors)
  })
  if (ports.length > 1) {
    checkUnique(
      errors,
      ports,
      ({ name }) => name || ' ',
      index => `ports[${index}].name`,
    )
  }
  if (old) checkImmutable(errors, 'addressType', addressType, old.addressType)
}

function wrongAddress(address: string, family: 4 | 6): string | undefined {
  if (isIP(address) === 0) return INVALID_IP
  if (isIP(address) !== family) return `must be a valid IPv${family} address`
  return specialAddress(address)
}
