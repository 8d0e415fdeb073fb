/**
 * Addresses that belong to no host, by IANA's registries of special purposes
 * (RFC 6890) and of what is allocated: those that are not "globally reachable",
 * and addresses that embed others.
 *
 * @module
 */

import { parseIpAddress } from "../certificate/ip_address.ts";

/** Whether an address of 4 or 16 bytes is a Reserved IP Address (BR 1.6.1). */
export function isReservedAddress(address: Uint8Array): boolean {
  return blocks.some((block) => contains(block, address));
}

/** Whether a subnet, address and mask, has such addresses in it. */
export function meetsReservedAddresses(subnet: Uint8Array): boolean {
  const size = subnet.length / 2;
  const address = subnet.subarray(0, size);
  const mask = subnet.subarray(size);
  // All addresses of a family are no claim to any of them.
  if (mask.every((byte) => byte === 0)) return false;
  return blocks.some((block) =>
    contains(block, address) ||
    block.address.length === size &&
      block.address.every((byte, at) =>
        ((byte ^ (address[at] ?? 0)) & (mask[at] ?? 0)) === 0
      )
  );
}

interface Block {
  readonly address: Uint8Array;
  readonly bits: number;
}

function contains({ address, bits }: Block, other: Uint8Array): boolean {
  return address.length === other.length &&
    address.every((byte, at) => {
      const left = Math.min(Math.max(bits - at * 8, 0), 8);
      return ((byte ^ (other[at] ?? 0)) & 0xff << 8 - left & 0xff) === 0;
    });
}

function block(text: string): Block {
  const [address = "", bits] = text.split("/");
  return {
    address: parseIpAddress(address) ?? new Uint8Array(),
    bits: Number(bits),
  };
}

const blocks: readonly Block[] = [
  // IPv4: this network, private use (RFC 1918), shared space, loopback
  "0.0.0.0/8",
  "10.0.0.0/8",
  "172.16.0.0/12",
  "192.168.0.0/16",
  "100.64.0.0/10",
  "127.0.0.0/8",
  // link local, protocol assignments, benchmarks, documentation
  "169.254.0.0/16",
  "192.0.0.0/24",
  "198.18.0.0/15",
  "192.0.2.0/24",
  "198.51.100.0/24",
  "203.0.113.0/24",
  // AS112, AMT, multicast, for later
  "192.31.196.0/24",
  "192.52.193.0/24",
  "192.175.48.0/24",
  "224.0.0.0/4",
  "240.0.0.0/4",
  // IPv6: unspecified, loopback, IPv4-mapped, translation, discard
  "::/128",
  "::1/128",
  "::ffff:0:0/96",
  "64:ff9b::/96",
  "64:ff9b:1::/48",
  "100::/64",
  // protocol assignments (Teredo, benchmarks, ORCHID), documentation, 6to4
  "2001::/23",
  "2001:db8::/32",
  "3fff::/20",
  "2002::/16",
  "2620:4f:8000::/48",
  // not allocated: all that is not in 2000::/3, unique local, link local,
  // multicast
  "400::/6",
  "800::/5",
  "1000::/4",
  "4000::/2",
  "8000::/1",
].map(block);
