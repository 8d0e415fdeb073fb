/**
 * The extensions of the certificates that are issued for development.
 *
 * @module
 */

import { sha256 } from "../../crypto/primitives/hash.ts";
import {
  boolean,
  explicit,
  implicit,
  integer,
  namedBits,
  octetString,
  oid,
  sequence,
} from "../asn1/der.ts";
import { keyUsages } from "../certificate/extension_values.ts";
import { encodeConstraint, encodeGeneralName } from "./issue_names.ts";
import { ExtensionOid, KeyPurpose } from "../asn1/oids.ts";

/** An extension as it is to stand in a certificate. */
export interface ExtensionInput {
  /** Object identifier in dotted form. */
  oid: string;
  /** Whether who does not know it has to refuse the certificate. */
  critical?: boolean;
  /** What the OCTET STRING holds: the value in DER. */
  value: Uint8Array;
}

/** What the extensions of a certificate say, apart from keys. */
export interface ExtensionOptions {
  /** Names for subjectAltName. */
  names: readonly string[];
  /** Whether the subject is empty: subjectAltName is critical then. */
  emptySubject: boolean;
  ca: boolean;
  pathLength: number | undefined;
  keyUsage: readonly string[];
  extendedKeyUsage: readonly string[];
  nameConstraints: NameConstraintsInput | undefined;
  crlUrls: readonly string[];
  ocspUrls: readonly string[];
  mustStaple: boolean;
  /** Key identifier of the issuer; nothing for a self-signed certificate. */
  authorityKeyId: Uint8Array | undefined;
  subjectKeyId: Uint8Array;
  /** Others; one with an OID that is there already replaces it. */
  extensions: readonly ExtensionInput[];
}

/** Which names a CA may issue for, and which it may not. */
export interface NameConstraintsInput {
  /** `"example.com"`, `"10.0.0.0/8"`, `"@example.com"`, `"uri:example.com"`, `"dir:O=Example"`. */
  permitted?: readonly string[];
  /** The same, for what is not allowed. */
  excluded?: readonly string[];
}

/** `Extensions` in DER. */
export function encodeExtensions(options: ExtensionOptions): Uint8Array {
  const replaced = new Set(
    options.extensions.map((extension) => extension.oid),
  );
  const standard = standardExtensions(options)
    .filter((extension) => !replaced.has(extension.oid));
  return sequence(
    ...[...standard, ...options.extensions].map(encodeExtension),
  );
}

/** RFC 5280 section 4.1: critical is FALSE by default and then absent. */
function encodeExtension(
  { oid: dotted, critical = false, value }: ExtensionInput,
): Uint8Array {
  return critical
    ? sequence(oid(dotted), boolean(true), octetString(value))
    : sequence(oid(dotted), octetString(value));
}

/** In the order of RFC 5280 section 4.2.1, criticality as it demands. */
function standardExtensions(options: ExtensionOptions): ExtensionInput[] {
  const extensions: ExtensionInput[] = [];
  const add = (
    name: keyof typeof ExtensionOid,
    value: Uint8Array,
    critical = false,
  ) => extensions.push({ oid: ExtensionOid[name], critical, value });

  add("basicConstraints", basicConstraints(options), true);
  add("keyUsage", keyUsage(options.keyUsage), true);
  if (options.extendedKeyUsage.length > 0) {
    add("extKeyUsage", extKeyUsage(options.extendedKeyUsage));
  }
  add("subjectKeyIdentifier", octetString(options.subjectKeyId));
  if (options.authorityKeyId !== undefined) {
    const identifier = implicit(0, octetString(options.authorityKeyId));
    add("authorityKeyIdentifier", sequence(identifier));
  }
  if (options.names.length > 0) {
    const names = sequence(...options.names.map(encodeGeneralName));
    add("subjectAltName", names, options.emptySubject);
  }
  if (options.nameConstraints !== undefined) {
    add("nameConstraints", nameConstraints(options.nameConstraints), true);
  }
  if (options.crlUrls.length > 0) {
    add("cRLDistributionPoints", distributionPoints(options.crlUrls));
  }
  if (options.ocspUrls.length > 0) {
    add("authorityInfoAccess", authorityInfoAccess(options.ocspUrls));
  }
  // RFC 7633 section 4: the TLS feature status_request, number 5.
  if (options.mustStaple) add("tlsFeature", sequence(integer(5)));
  return extensions;
}

function basicConstraints({ ca, pathLength }: ExtensionOptions): Uint8Array {
  if (!ca) return sequence();
  return pathLength === undefined
    ? sequence(boolean(true))
    : sequence(boolean(true), integer(pathLength));
}

function keyUsage(usages: readonly string[]): Uint8Array {
  const names: readonly string[] = keyUsages;
  const bits = usages.map((usage) => names.indexOf(usage));
  if (bits.includes(-1)) {
    throw new TypeError(
      `Cannot issue the certificate: keyUsage "${
        usages[bits.indexOf(-1)]
      }" is not one of ${keyUsages.join(", ")}`,
    );
  }
  return namedBits(bits);
}

function extKeyUsage(purposes: readonly string[]): Uint8Array {
  const known: Readonly<Record<string, string>> = KeyPurpose;
  return sequence(...purposes.map((name) => oid(known[name] ?? name)));
}

function nameConstraints(
  { permitted = [], excluded = [] }: NameConstraintsInput,
): Uint8Array {
  const subtrees = (n: number, names: readonly string[]) =>
    names.length === 0 ? [] : [
      explicit(n, ...names.map((name) => sequence(encodeConstraint(name)))),
    ];
  return sequence(...subtrees(0, permitted), ...subtrees(1, excluded));
}

/** RFC 5280 section 4.2.1.13: a DistributionPoint with a fullName each. */
function distributionPoints(urls: readonly string[]): Uint8Array {
  return sequence(
    ...urls.map((url) =>
      sequence(explicit(0, explicit(0, encodeGeneralName(url))))
    ),
  );
}

function authorityInfoAccess(urls: readonly string[]): Uint8Array {
  return sequence(
    ...urls.map((url) =>
      sequence(oid("1.3.6.1.5.5.7.48.1"), encodeGeneralName(url))
    ),
  );
}

/** RFC 7093 section 2, method 1: 160 bits of the SHA-256 of the key. */
export function keyIdentifier(publicKey: Uint8Array): Uint8Array {
  return sha256.digest(publicKey).slice(0, 20);
}
