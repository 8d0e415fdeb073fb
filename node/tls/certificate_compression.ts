/**
 * Compression of certificates (RFC 8879), by Node's names.
 *
 * @module
 */

import * as zlib from "node:zlib";
import { invalidArgType, invalidArgValue } from "./errors.ts";

/** An algorithm. */
export type CertificateCompressionAlgorithm = "zlib" | "brotli" | "zstd";

/**
 * Lists the algorithms that this runtime has.
 *
 * @returns Their names.
 *
 * @example The one that every runtime has
 * ```ts
 * import { getCertificateCompressionAlgorithms } from "@x/tls/node/tls";
 * import { assert } from "@std/assert";
 *
 * assert(getCertificateCompressionAlgorithms().includes("zlib"));
 * ```
 */
export function getCertificateCompressionAlgorithms(): CertificateCompressionAlgorithm[] {
  return ALGORITHMS.filter((name) =>
    name === "zlib" || Object.hasOwn(zlib, `${name}DecompressSync`)
  );
}

/** @throws {TypeError} If it is not a list of algorithms that this runtime has. */
export function readCertificateCompression(
  value: unknown,
): readonly CertificateCompressionAlgorithm[] {
  if (value === undefined || value === null) return [];
  const name = "options.certificateCompression";
  if (!Array.isArray(value)) {
    throw invalidArgType(name, "an instance of Array", value);
  }
  const available = getCertificateCompressionAlgorithms();
  const read = value.map((each: unknown, at) => {
    const found = ALGORITHMS.find((algorithm) => algorithm === each);
    if (found === undefined) {
      throw invalidArgValue(
        `${name}[${at}]`,
        each,
        "must be 'zlib', 'brotli', or 'zstd'",
      );
    }
    if (available.includes(found)) return found;
    throw invalidArgValue(`${name}[${at}]`, each, "is not in this runtime");
  });
  if (read.length > ALGORITHMS.length) {
    throw invalidArgValue(name, value, "can specify at most 3 algorithms");
  }
  return [...new Set(read)];
}

const ALGORITHMS = ["zlib", "brotli", "zstd"] as const;
