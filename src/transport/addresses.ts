import type { lookup } from 'node:dns'
import type { LookupFunction } from 'node:net'

/** True for an IP address, which needs no resolving. */
export const isAddress = (host: string): boolean => bytesOf(host) !== undefined

/**
 * Addresses outside of the public internet: loopback, private, link-local (including cloud metadata), shared, reserved,
 * multicast. https://www.iana.org/assignments/iana-ipv4-special-registry, …/iana-ipv6-special-registry
 */
const special = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  // Azure's platform address, reachable from its virtual machines only
  // https://learn.microsoft.com/en-us/azure/virtual-network/what-is-ip-address-168-63-129-16
  '168.63.129.16/32',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '::/128',
  '::1/128',
  '64:ff9b:1::/48',
  '100::/64',
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  '3fff::/20',
  '5f00::/16',
  'fc00::/7',
  'fe80::/10',
  'fec0::/10',
  'ff00::/8',
].map((range) => {
  const [network = '', bits] = range.split('/')
  return { network: bytesOf(network) ?? [], bits: Number(bits) }
})

/** True for a public IP address. IPv4 addresses embedded in IPv6 (`::ffff:`, `64:ff9b::`) are checked as IPv4. */
export function isPublicAddress(address: string): boolean {
  const bytes = bytesOf(address.replace(/^\[|\]$/g, '').split('%')[0] ?? '')
  if (!bytes) return false
  const inner = embedded(bytes) ?? bytes
  return !special.some(({ network, bits }) => network.length === inner.length && startsWith(inner, network, bits))
}

/** The IPv4 address in an IPv6 address: mapped, compatible, or of NAT64. */
function embedded(bytes: readonly number[]): readonly number[] | undefined {
  const isEmbedded = ['::ffff:0:0', '::', '64:ff9b::'].some((prefix) => startsWith(bytes, bytesOf(prefix) ?? [], 96))
  return bytes.length === 16 && isEmbedded ? bytes.slice(12) : undefined
}

function startsWith(bytes: readonly number[], prefix: readonly number[], bits: number): boolean {
  for (let bit = 0; bit < bits; bit += 8) {
    const mask = bits - bit >= 8 ? 0xff : (0xff << (8 - (bits - bit))) & 0xff
    if (((bytes[bit / 8] ?? 0) & mask) !== ((prefix[bit / 8] ?? 0) & mask)) return false
  }
  return true
}

/** The 4 or 16 bytes of an IP address. */
function bytesOf(address: string): readonly number[] | undefined {
  if (/^(?:(?:0|[1-9]\d{0,2})\.){3}(?:0|[1-9]\d{0,2})$/.test(address)) {
    const bytes = address.split('.').map(Number)
    return bytes.every((byte) => byte < 256) ? bytes : undefined
  }
  if (!/^[\da-f:.]+$/i.test(address) || !address.includes(':') || !URL.canParse(`http://[${address}]`)) return undefined
  // the URL parser writes IPv4 endings as hexadecimal groups
  const { hostname } = new URL(`http://[${address}]`)
  const [head = '', tail] = hostname.slice(1, -1).split('::')
  const first = groupsOf(head)
  const last = groupsOf(tail ?? '')
  const groups = [...first, ...new Array<number>(8 - first.length - last.length).fill(0), ...last]
  return groups.flatMap((group) => [group >> 8, group & 0xff])
}

function groupsOf(text: string): number[] {
  return text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16))
}

/** Resolves a name and rejects it if any of its addresses is not public. */
export const publicLookup =
  (resolve: typeof lookup): LookupFunction =>
  (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, '', 0)
      const bad = addresses.find(({ address }) => !isPublicAddress(address))
      const [first] = addresses
      if (bad || !first) return callback(new Error(notPublic(bad?.address ?? hostname)), '', 0)
      if (options.all) callback(null, addresses)
      else callback(null, first.address, first.family)
    })
  }

export const notPublic = (address: string): string =>
  `${address} is not a public address; allowPrivateMedia: true allows it`
