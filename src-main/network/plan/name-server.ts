import { gatewayOf, type ClusterRanges } from './addresses.ts'
import { reverseZonesOf } from './zones.ts'

/** Where the zones lie beside the configuration; the part's script puts their folder in. */
const FOLDER = '@ZONES@'
/** Zones of private addresses: some are ours, the rest may be known to the server's own resolvers. */
const PRIVATE = [
  '10.in-addr.arpa',
  '168.192.in-addr.arpa',
  ...Array.from({ length: 16 }, (_, n) => `${16 + n}.172.in-addr.arpa`),
]

/** Where the zone of this name lies. */
export const reverseFile = (zone: string): string => `${zone}.zone`

/**
 * The configuration of one server's unbound, which answers its pods on their gateway. It does not change with the
 * Services: those are in the zones, which unbound reads again without a restart. (dnsmasq would have to be restarted for
 * every SRV or CNAME record, and follows no CNAME out of the cluster.)
 */
export function planNameServer(podCidr: string, ranges: ClusterRanges): string {
  const { podCidr: pods, domain } = ranges
  const reverse = reverseZonesOf(ranges)
  const zones = [
    { name: `${domain}.`, file: 'cluster.zone' },
    ...reverse.map(name => ({ name: `${name}.`, file: reverseFile(name) })),
  ]
  return `${[
    'server:',
    '  directory: "/run/coxswain"',
    '  chroot: ""',
    '  username: ""',
    '  pidfile: ""',
    '  use-syslog: no',
    '  verbosity: 0',
    `  interface: ${gatewayOf(podCidr)}`,
    // the bridge comes with its first pod, and later than this after a reboot
    '  ip-freebind: yes',
    '  do-ip6: no',
    `  access-control: ${pods} allow`,
    '  access-control: 0.0.0.0/0 refuse',
    `  access-control: 127.0.0.0/8 allow`,
    // systemd-resolved is at 127.0.0.53
    '  do-not-query-localhost: no',
    '  module-config: "iterator"',
    '  rrset-roundrobin: yes',
    '  minimal-responses: yes',
    // without this, unbound says of all private addresses that they have no name
    ...PRIVATE.map(name => `  local-zone: "${name}." nodefault`),
    'remote-control:',
    '  control-enable: yes',
    '  control-use-cert: no',
    '  control-interface: /run/coxswain/unbound.sock',
    ...zones.flatMap(({ name, file }) => [
      'auth-zone:',
      `  name: "${name}"`,
      `  zonefile: "${FOLDER}/${file}"`,
      '  for-downstream: no',
      '  for-upstream: yes',
      '  fallback-enabled: no',
      // without a stub of its name, the forward zone "." would be asked first; nothing listens at port 1
      'stub-zone:',
      `  name: "${name}"`,
      '  stub-addr: 127.0.0.1@1',
      '  stub-no-cache: yes',
    ]),
  ].join('\n')}\n`
}
