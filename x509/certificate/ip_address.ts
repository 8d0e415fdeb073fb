/**
 * IP addresses as text and as bytes: RFC 3986 section 3.2.2 and RFC 4291
 * section 2.2 for reading, RFC 5952 section 4 for writing.
 *
 * @module
 */

/**
 * Reads an IP literal: 4 bytes for IPv4, 16 for IPv6. Brackets as in a URL and
 * a zone (`%eth0`) are understood; the zone, which no certificate can name, is
 * dropped. Returns `undefined` for what is not an IP literal; dotted decimals
 * with leading zeros, which some systems read as octal, are none.
 */
export function parseIpAddress(text: string): Uint8Array | undefined {
  const bare = text.startsWith("[") && text.endsWith("]")
    ? text.slice(1, -1)
    : text;
  return bare.includes(":")
    ? parseIpv6(bare)
    : bare === text
    ? parseIpv4(text)
    : undefined;
}

function parseIpv4(text: string): Uint8Array | undefined {
  const octets = text.split(".");
  if (octets.length !== 4 || !octets.every((octet) => DEC_OCTET.test(octet))) {
    return undefined;
  }
  return Uint8Array.from(octets, Number);
}

function parseIpv6(text: string): Uint8Array | undefined {
  const address = text.replace(/%[0-9A-Za-z._~-]+$/, "");
  const [head = "", tail, more] = address.split("::");
  if (more !== undefined) return undefined;
  const front = ipv6Groups(head, tail === undefined);
  const back = tail === undefined ? [] : ipv6Groups(tail, true);
  if (front === undefined || back === undefined) return undefined;
  const missing = 16 - front.length - back.length;
  // "::" stands for one group or more (RFC 4291 section 2.2).
  if (tail === undefined ? missing !== 0 : missing < 2) return undefined;
  return Uint8Array.from([...front, ...Array(missing).fill(0), ...back]);
}

/** The bytes of groups between colons; the last may be dotted decimal. */
function ipv6Groups(text: string, last: boolean): number[] | undefined {
  if (text === "") return [];
  const bytes: number[] = [];
  const groups = text.split(":");
  for (const [at, group] of groups.entries()) {
    if (last && at === groups.length - 1 && group.includes(".")) {
      const embedded = parseIpv4(group);
      if (embedded === undefined) return undefined;
      bytes.push(...embedded);
    } else {
      if (!/^[0-9A-Fa-f]{1,4}$/.test(group)) return undefined;
      const value = parseInt(group, 16);
      bytes.push(value >> 8, value & 0xff);
    }
  }
  return bytes;
}

/** Whether an IPv6 address stands for one of IPv4 (RFC 4291 section 2.5.5.2). */
export function isMapped(bytes: Uint8Array): boolean {
  return bytes.length === 16 &&
    bytes.subarray(0, 12).every((byte, at) => byte === (at < 10 ? 0 : 0xff));
}

/**
 * Writes 4 or 16 bytes in the one form that RFC 5952 section 4 recommends;
 * bytes of any other length as hexadecimal.
 */
export function formatIpAddress(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join(".");
  if (bytes.length !== 16) {
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(
      "",
    );
  }
  const groups = Array.from(
    { length: 8 },
    (_, at) => (bytes[2 * at] ?? 0) << 8 | (bytes[2 * at + 1] ?? 0),
  );
  const hex = (from: number, to?: number) =>
    groups.slice(from, to).map((group) => group.toString(16)).join(":");
  const [start, length] = longestZeros(groups);
  return length < 2 ? hex(0) : `${hex(0, start)}::${hex(start + length)}`;
}

/** The first of the longest runs of zero groups (RFC 5952 section 4.2.3). */
function longestZeros(groups: readonly number[]): [number, number] {
  let best: [number, number] = [0, 0];
  let start = 0;
  for (const [at, group] of groups.entries()) {
    if (group !== 0) start = at + 1;
    else if (at + 1 - start > best[1]) best = [start, at + 1 - start];
  }
  return best;
}

/** RFC 3986 section 3.2.2, `dec-octet`: no leading zeros. */
const DEC_OCTET = /^(?:\d|[1-9]\d|1\d\d|2[0-4]\d|25[0-5])$/;
