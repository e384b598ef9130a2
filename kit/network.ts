import ipaddr from 'ipaddr.js'

type Network = ReturnType<typeof ipaddr.parseCIDR>

const { IPv4, IPv6 } = ipaddr
// What C libraries take for an address too, such as 127.1 or 010.0.0.1, means different things to different readers.
const isAddress = (text: string) =>
  IPv4.isValidFourPartDecimal(text) || (text.includes(':') && IPv6.isValid(text))

/** An address or a network (CIDR, IPv4 or IPv6) in the form that it is kept in, or null for anything else. */
export function networkOf(text: string): string | null {
  const [address = '', prefix, ...rest] = text.trim().split('/')
  if (!isAddress(address) || address.includes('%') || rest.length > 0) return null
  const parsed = ipaddr.process(address)
  const bits = parsed.kind() === 'ipv4' ? 32 : 128
  if (prefix !== undefined && !/^\d{1,3}$/.test(prefix)) return null
  const length = prefix === undefined ? bits : Number(prefix)
  if (length > bits) return null
  const cidr = `${parsed.toString()}/${length}`
  const base =
    parsed.kind() === 'ipv4' ? IPv4.networkAddressFromCIDR(cidr) : IPv6.networkAddressFromCIDR(cidr)
  return `${base.toString()}/${length}`
}

/** Whether an address lies in one of the networks. What is no address lies in none. */
export function liesIn(networks: readonly string[], address: string): boolean {
  if (!ipaddr.isValid(address)) return false
  // An IPv4 address that came over a socket of IPv6 is that address.
  const parsed = ipaddr.process(address)
  const holds = ([base, length]: Network) =>
    base.kind() === parsed.kind() && parsed.match([base, length] as never)
  return networks.some((network) => holds(ipaddr.parseCIDR(network)))
}

// What the internet routes of IPv6 lies here; the ranges below take out what is not somebody's own address.
const routed = IPv6.parseCIDR('2000::/3')

/**
 * Whether an address is one of the internet, and stands for itself: none of this machine or of a private network,
 * none that many share, and none that hides another one (mapped, 6to4, Teredo, NAT64).
 */
export function isPublic(address: string): boolean {
  if (!isAddress(address) || address.includes('%')) return false
  const parsed = ipaddr.parse(address)
  if (parsed.kind() === 'ipv6' && !parsed.match(routed as never)) return false
  return parsed.range() === 'unicast'
}
