/** Address arithmetic of the pod network: every server has a /24, whose first address is its gateway. */

export { DEFAULT_RANGES, type ClusterRanges } from '../../api/cluster-ranges.ts'

/** `10.244.3.1` of `10.244.3.0/24`. */
export function gatewayOf(podCidr: string): string {
  const [network = ''] = podCidr.split('/')
  return `${network.slice(0, network.lastIndexOf('.'))}.1`
}

/** `4.3.2.1.in-addr.arpa` of `1.2.3.4`. */
export function reverseName(address: string): string {
  return `${address.split('.').reverse().join('.')}.in-addr.arpa`
}

/** Orders addresses by their numbers: every plan lists them alike, so that an unchanged plan is the same text. */
export function compareAddresses(a: string, b: string): number {
  return numberOf(a) - numberOf(b)
}

function numberOf(address: string): number {
  return address.split('.').reduce((number, byte) => number * 256 + Number(byte), 0)
}
