/**
 * The algorithms that the runner compresses certificates with, which change a
 * message only a little.
 *
 * @module
 */

import type { CertificateCompressor } from "../../../mod.ts";
import type { Flags } from "./flags.ts";

/** The algorithms that the flags ask for. */
export function compressorsOf(flags: Flags): readonly CertificateCompressor[] {
  if (flags.has("install-cert-compression-algs")) return all;
  const one = flags.number("install-one-cert-compression-alg");
  return all.filter(({ id }) => id === one);
}

/** Leaves out what every Certificate message of a server begins with. */
const shrinking: CertificateCompressor = {
  id: 0xff01,
  compress: (message) => message.subarray(2),
  decompress: (compressed) => Uint8Array.of(0, 0, ...compressed),
};

const expanding: CertificateCompressor = {
  id: 0xff02,
  compress: (message) => Uint8Array.of(1, 2, 3, 4, ...message),
  decompress: (compressed) => compressed.subarray(4),
};

const random: CertificateCompressor = {
  id: 0xff03,
  compress: (message) => {
    const [first = 0] = crypto.getRandomValues(new Uint8Array(1));
    return Uint8Array.of(first, ...message);
  },
  decompress: (compressed) => compressed.subarray(1),
};

/** In the order that the runner expects. */
const all: readonly CertificateCompressor[] = [expanding, shrinking, random];
