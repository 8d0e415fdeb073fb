/**
 * Which addresses are anybody's: what a certificate says is not to make us ask
 * the services of our own network.
 *
 * @module
 */

/**
 * Whether an address is one of the public Internet: none of those that the
 * registries of special-purpose addresses (RFC 6890) have, nor one that has such
 * an address in it.
 */
export function isPublicAddress(address: Uint8Array): boolean {
  if (address.length === 4) {
    return !SPECIAL_IPV4.some((block) => isWithin(address, block));
  }
  const embedded = embeddedIpv4(address);
  if (embedded !== undefined) return isPublicAddress(embedded);
  return isWithin(address, GLOBAL_UNICAST) &&
    !SPECIAL_IPV6.some((block) => isWithin(address, block));
}

/** The IPv4 address that packets to an IPv6 address come to. */
function embeddedIpv4(address: Uint8Array): Uint8Array | undefined {
  if (isWithin(address, MAPPED) || isWithin(address, NAT64)) {
    return address.subarray(12);
  }
  return isWithin(address, SIX_TO_FOUR) ? address.subarray(2, 6) : undefined;
}

/** The first bytes of a block, and how many bits of them count. */
type Block = readonly [bits: number, ...bytes: number[]];

function isWithin(address: Uint8Array, [bits, ...bytes]: Block): boolean {
  return bytes.every((byte, at) => {
    const counted = Math.min(8, Math.max(0, bits - at * 8));
    const mask = 0xff << (8 - counted) & 0xff;
    return ((address[at] ?? 0) & mask) === (byte & mask);
  });
}

const SPECIAL_IPV4: readonly Block[] = [
  [8, 0], // "this network"
  [8, 10], // private use
  [10, 100, 64], // shared address space
  [8, 127], // loopback
  [16, 169, 254], // link local
  [12, 172, 16], // private use
  [24, 192, 0, 0], // IETF protocol assignments
  [24, 192, 0, 2], // documentation
  [24, 192, 88, 99], // 6to4 relay anycast
  [16, 192, 168], // private use
  [15, 198, 18], // benchmarking
  [24, 198, 51, 100], // documentation
  [24, 203, 0, 113], // documentation
  [4, 224], // multicast
  [4, 240], // reserved, and broadcast
];

const GLOBAL_UNICAST: Block = [3, 0x20];

const SPECIAL_IPV6: readonly Block[] = [
  [23, 0x20, 0x01, 0, 0], // IETF protocol assignments, Teredo among them
  [32, 0x20, 0x01, 0x0d, 0xb8], // documentation
  [20, 0x3f, 0xff, 0], // documentation
];

/** RFC 4291 section 2.5.5.2. */
const MAPPED: Block = [96, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];
/** RFC 6052 section 2.1. */
const NAT64: Block = [96, 0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0];
/** RFC 3056. */
const SIX_TO_FOUR: Block = [16, 0x20, 0x02];
