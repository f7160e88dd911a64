import type { Node } from './types.ts'

/** Where a server is reached from outside; one that only this computer reaches has no such address. */
export function publicAddress({ status }: Node): string | undefined {
  const addresses = status?.addresses ?? []
  const found =
    addresses.find(({ type }) => type === 'ExternalIP') ?? addresses.find(({ type }) => type === 'InternalIP')
  return found && !found.address.startsWith('127.') ? found.address : undefined
}
