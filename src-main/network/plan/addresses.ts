/** Address arithmetic of the pod network: every server has a /24, whose first address is its gateway. */

export { DEFAULT_RANGES, type ClusterRanges } from '../../api/cluster-ranges.ts'

const [DOT, ZERO] = [46, 48]

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

/** Called for every comparison of addresses: hence no `split`. */
function numberOf(address: string): number {
  let number = 0
  let byte = 0
  for (let index = 0; index < address.length; index++) {
    const code = address.charCodeAt(index)
    if (code === DOT) {
      number = number * 256 + byte
      byte = 0
    } else byte = byte * 10 + code - ZERO
  }
  return number * 256 + byte
}
