/**
 * The group for DHE that OpenSSL chooses by the strength of the key.
 *
 * @module
 */

import { getDiffieHellman } from "node:crypto";
import type { Certificate } from "../../x509/certificate/certificate.ts";

/** A group as strong as the key of a certificate: DHParameter of PKCS #3. */
export function automaticDhParams({ publicKey }: Certificate): Uint8Array {
  const { type, bits = 2048 } = publicKey;
  const isRsa = type.startsWith("rsa");
  const wanted = isRsa ? bits : bits > 256 ? 8192 : 3072;
  const [, name] = GROUPS.find(([size]) => wanted <= size) ?? LARGEST;
  const group = getDiffieHellman(name);
  const numbers = [group.getPrime(), group.getGenerator()].map(derInteger);
  return der(0x30, Uint8Array.from(numbers.flatMap((each) => [...each])));
}

function derInteger(bytes: Uint8Array): Uint8Array {
  const isNegative = (bytes[0] ?? 0) > 0x7f;
  return der(0x02, isNegative ? Uint8Array.of(0, ...bytes) : bytes);
}

function der(tag: number, content: Uint8Array): Uint8Array {
  const { length } = content;
  const header = length < 0x80
    ? [length]
    : length < 0x100
    ? [0x81, length]
    : [0x82, length >> 8, length & 0xff];
  return Uint8Array.of(tag, ...header, ...content);
}

/** RFC 3526, by their sizes. */
const GROUPS = [
  [2048, "modp14"],
  [3072, "modp15"],
  [4096, "modp16"],
] as const;

const LARGEST = [8192, "modp18"] as const;
