import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DoctorReport, Finding } from '../../../src-main/api/doctor.ts'
import { lab, waitFor } from '../lab.ts'
import { waitForReadyNodes } from '../support/cluster.ts'
import { createCox, type Cox } from '../support/cox.ts'
import { serverManifest, serverManifests } from '../support/manifests.ts'

const command = fileURLToPath(new URL('../../../bin/cox.js', import.meta.url))
let cox: Cox

interface NodeView {
  spec: { taints?: { key: string; effect: string }[] }
  status: { conditions?: { type: string; status: string; reason: string; message: string }[] }
}

beforeAll(async () => {
  await lab.reset(3)
  cox = await createCox()
  await cox.apply(serverManifests(lab.env, 2))
  await waitForReadyNodes(cox, 2)
  await waitForNetwork('lab-1', 'False')
  await waitForNetwork('lab-2', 'False')
})

afterAll(() => cox?.dispose())

function doctor(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise(resolve => {
    execFile(process.execPath, [command, 'doctor', '--data', cox.dataDir, ...args], (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, stdout, stderr }),
    )
  })
}

async function findings(): Promise<Finding[]> {
  const { stdout, stderr } = await doctor('-o', 'json')
  if (!stdout) throw new Error(stderr)
  return (JSON.parse(stdout) as DoctorReport).findings
}

const failures = async () => (await findings()).filter(({ status }) => status === 'fail')

function waitForNoFailure(what: string): Promise<true> {
  return waitFor(
    what,
    async () => {
      const left = await failures()
      if (left.length > 0) throw new Error(JSON.stringify(left))
      return true as const
    },
    120_000,
  )
}

/** Runs a finding's command where it says; the lab's servers have no sudo and need none. */
async function mend({ mend, mendOn }: Finding): Promise<void> {
  await lab.ssh(Number(mendOn?.slice('lab-'.length)), (mend ?? '').replaceAll('sudo ', ''))
}

const nodeOf = (name: string) => cox.get<NodeView>('node', name)

function waitForNetwork(name: string, status: 'True' | 'False') {
  return waitFor(
    `NetworkUnavailable ${status} on ${name}`,
    async () => {
      const { status: found } = await nodeOf(name)
      return found.conditions?.find(one => one.type === 'NetworkUnavailable' && one.status === status)
    },
    120_000,
  )
}

describe('cox doctor', () => {
  it('finds nothing wrong on servers that are well, and has looked at every pair', async () => {
    const found = await waitFor('no failure', async () => {
      const all = await findings()
      return all.every(({ status }) => status !== 'fail' && status !== 'unknown') && all
    })
    for (const check of ['mesh', 'mtu']) {
      const pairs = found.filter(finding => finding.check === check && finding.status === 'ok')
      expect(pairs.map(({ server, peer }) => `${server} ${peer}`)).toEqual(['lab-1 lab-2', 'lab-2 lab-1'])
    }
    const { code, stdout } = await doctor()
    expect(code).toBe(0)
    expect(stdout).toMatch(/^CHECK +lab-1 +lab-2\n/)
    expect(stdout).toMatch(/^reachable +ok +ok$/m)
  })

  it('finds a firewall that closes the mesh, and its commands open it', async () => {
    await lab.ssh(
      2,
      'iptables -A INPUT -p tcp -j ACCEPT; iptables -A INPUT -i lo -j ACCEPT; iptables -P INPUT DROP',
    )
    const shut = await waitFor('what is shut', async () => {
      const all = await failures()
      return all.some(({ check }) => check === 'mesh') && all.some(({ check }) => check === 'firewall') && all
    })
    expect(shut.find(({ check }) => check === 'mesh')).toMatchObject({
      server: 'lab-1',
      peer: 'lab-2',
      mendOn: 'lab-2',
      mend: expect.stringContaining('--dport 51821'),
    })
    expect((await doctor()).code).toBe(1)
    for (const finding of shut.filter(({ check }) => check === 'mesh' || check === 'firewall')) {
      if (finding.mendOn === 'lab-2') await mend(finding)
    }
    await waitForNoFailure('all is open')
    await lab.ssh(2, 'iptables -P INPUT ACCEPT')
  })

  it('finds what runs at a port of the ingress, and that forwarding was turned off', async () => {
    await lab.exec(1, 'sysctl', '-qw', 'net.ipv4.ip_forward=0')
    await lab.docker(
      1,
      'run',
      '-d',
      '--name',
      'squatter',
      '--network',
      'host',
      '-e',
      'PORT=80',
      `${lab.env.web}:1`,
    )
    const wrong = await waitFor('both', async () => {
      const all = await failures()
      return ['ports', 'forwarding'].every(name => all.some(({ check }) => check === name)) && all
    })
    for (const check of ['ports', 'forwarding']) {
      expect(wrong.find(finding => finding.check === check)).toMatchObject({
        server: 'lab-1',
        mendOn: 'lab-1',
      })
    }
    expect(wrong.find(({ check }) => check === 'ports')?.message).toContain('web listens at TCP 80')
    await lab.docker(1, 'rm', '-f', 'squatter')
    await mend(wrong.find(({ check }) => check === 'forwarding') as Finding)
    await waitForNoFailure('both are mended')
  })
})

describe('a server with a route of its own in the cluster’s range, and without a way out', () => {
  it('is left as it is, and says which route it is', async () => {
    await lab.exec(3, 'ip', 'route', 'add', 'unreachable', '10.244.9.0/24')
    // so that the image cannot be built there: neither what it is made from, nor a way to it
    await lab.ssh(
      3,
      `docker images --format '{{.Repository}}:{{.Tag}}' | grep -E 'coxswain/system|debian' | xargs docker rmi -f >/dev/null
       iptables -I OUTPUT -p tcp -m multiport --dports 80,443 -j REJECT; iptables -I OUTPUT -p udp --dport 53 -j REJECT`,
    )
    await cox.apply(serverManifest(lab.env, 3))
    const { reason, message } = await waitForNetwork('lab-3', 'True')
    expect(reason).toBe('CIDRClash')
    expect(message).toContain('unreachable 10.244.9.0/24')
    expect(message).toContain('kubectl -n coxswain-system patch configmap network')
    const node = await waitFor('a taint', async () => {
      const found = await nodeOf('lab-3')
      return found.spec.taints && found
    })
    expect(node.spec.taints).toMatchObject([
      { key: 'node.kubernetes.io/network-unavailable', effect: 'NoSchedule' },
    ])
    expect(await lab.docker(3, 'ps', '-aq')).toBe('')
    expect(await lab.docker(3, 'network', 'ls', '-q', '--filter', 'name=coxswain')).toBe('')
  })

  it('is set up once the doctor’s command has taken the route away, with an image from another server', async () => {
    const clash = await waitFor('the clash', async () =>
      (await failures()).find(({ check, server }) => check === 'cidr' && server === 'lab-3'),
    )
    expect(clash.mend).toBe('sudo ip route del unreachable 10.244.9.0/24')
    await mend(clash)
    await waitForNetwork('lab-3', 'False')
    expect((await nodeOf('lab-3')).spec.taints ?? []).toEqual([])
    const events = await waitFor('the event', async () => {
      const text = await cox.kubectl('get', 'events', '-A')
      return text.includes('SystemImageCopied') && text
    })
    expect(events).toMatch(/SystemImageCopied.*it was copied from server lab-[12]\./)
    await waitForNoFailure('all is well')
  })

  it('keeps no image of ours when it is removed', async () => {
    const images = () => lab.docker(3, 'images', '--format', '{{.Repository}}')
    expect(await images()).toContain('coxswain/system')
    await cox.kubectl('delete', 'server', 'lab-3', '--timeout=60s')
    expect(await images()).not.toContain('coxswain')
  })
})
