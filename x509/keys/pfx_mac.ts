/**
 * The frame of a PFX file and its integrity: HMAC under a passphrase, in the
 * old form (RFC 7292 section 4) or as PBMAC1 (RFC 9879).
 *
 * @module
 */

import { TlsError } from "../../errors.ts";
import { equalConstantTime } from "../../crypto/primitives/bytes.ts";
import type { KdfBudget } from "../../crypto/primitives/kdf.ts";
import {
  type KeyFileHash,
  keyFileHash,
  type KeyFileHashName,
} from "../../crypto/primitives/key_file_hashes.ts";
import {
  pkcs12Kdf,
  Pkcs12Purpose,
} from "../../crypto/primitives/pkcs12_kdf.ts";
import { berToDer } from "../asn1/ber.ts";
import { type DerContext, derContext, DerReader, Tag } from "../asn1/der.ts";
import { type EncryptionContext, prfs, readKdf } from "./encryption_scheme.ts";
import { HashOid } from "../asn1/oids.ts";
import type { KnownPassphrase } from "./passphrase.ts";
import { foreign, KEYSTORE_HINT, structureOf } from "../asn1/key_structure.ts";

/** Makes the errors of PFX files. */
export const PFX: DerContext = derContext(
  "the PFX file",
  "malformed_pfx",
  1 << 22,
);

/** What is said about algorithms of PFX files that are refused. */
export const PFX_ENCRYPTION: EncryptionContext = {
  what: PFX.what,
  hint:
    "Convert it with: openssl pkcs12 -legacy -in old.pfx -nodes -out all.pem && openssl pkcs12 -export -in all.pem -out new.pfx, and delete all.pem",
};

/** Whether a passphrase matches the file's MAC. */
export type MacCheck = (
  passphrase: KnownPassphrase,
  budget: KdfBudget,
) => Promise<boolean>;

/** The frame of a PFX file. */
export interface PfxFrame {
  /** AuthenticatedSafe, in DER. */
  readonly authenticatedSafe: Uint8Array;
  /** Checks the MAC; `undefined` if the file has none. */
  readonly mac: MacCheck | undefined;
}

/** Reads PFX (RFC 7292 section 4). */
export function readPfx(bytes: Uint8Array): PfxFrame {
  if (bytes[0] !== Tag.SEQUENCE) refuseOther(bytes);
  const outer = DerReader.of(berToDer(bytes, PFX), PFX);
  const pfx = outer.sequence("");
  outer.end();
  if (!pfx.has(Tag.INTEGER)) refuseOther(bytes);
  const version = pfx.integer("version");
  if (version !== 3) {
    if (structureOf(bytes) !== "unknown") refuseOther(bytes);
    pfx.fail("version", `expected 3, got ${version}`);
  }
  const authSafe = pfx.sequence("authSafe");
  const contentType = authSafe.oid("contentType");
  if (contentType === OID.signedData) {
    throw new TlsError(
      "unsupported_key",
      "Cannot read the PFX file: it is protected by a signature (public-key integrity mode), not by a passphrase",
    );
  }
  if (contentType !== OID.data) {
    authSafe.fail("contentType", `expected data, got ${contentType}`);
  }
  const content = authSafe.explicit(0, "content");
  const authenticatedSafe = content.octetString("");
  content.end();
  authSafe.end();
  const mac = pfx.done
    ? undefined
    : readMacData(pfx.sequence("macData"), authenticatedSafe);
  pfx.end();
  return { authenticatedSafe, mac };
}

function refuseOther(bytes: Uint8Array): never {
  const text = new TextDecoder().decode(bytes.subarray(0, 4096));
  const structure = structureOf(bytes);
  if (structure === "Java keystore") {
    throw new TlsError(
      "unsupported_key",
      `Cannot read the PFX file: ${foreign(structure)}`,
      { hint: KEYSTORE_HINT },
    );
  }
  throw new TlsError(
    "malformed_pfx",
    `Cannot read the PFX file: ${
      text.includes("-----BEGIN ")
        ? "this is PEM text"
        : structure === "unknown"
        ? "this is not a PFX structure"
        : foreign(structure).replace("a private key", "a PFX file")
    }`,
    { hint: "Certificates and keys apart are read with parseKeyPair()" },
  );
}

/** RFC 7292 section 4: MacData. */
function readMacData(macData: DerReader, data: Uint8Array): MacCheck {
  const mac = macData.sequence("mac");
  const algorithm = mac.sequence("digestAlgorithm");
  const digest = mac.octetString("digest");
  mac.end();
  const salt = macData.octetString("macSalt");
  const iterations = macData.done ? 1 : macData.integer("iterations");
  macData.end();
  const name = algorithm.oid("algorithm");
  if (name === OID.pbmac1) return readPbmac1(algorithm, data, digest);
  if (!algorithm.done) algorithm.null("parameters");
  algorithm.end();
  const hash = macHashes.get(name);
  if (hash === undefined) refuseMac(name);
  if (iterations < 1) macData.fail("iterations", "is 0");
  return async (passphrase, budget) => {
    const key = await pkcs12Kdf(hash, passphrase.pkcs12, {
      salt,
      iterations,
      purpose: Pkcs12Purpose.mac,
      length: hash.length,
      budget,
    });
    const actual = hash.hmac(key, data);
    return equalConstantTime(actual, digest);
  };
}

/** RFC 9879 sections 4 and 6: the key is PBKDF2's, the password in UTF-8. */
function readPbmac1(
  algorithm: DerReader,
  data: Uint8Array,
  digest: Uint8Array,
): MacCheck {
  const parameters = algorithm.sequence("PBMAC1-params");
  algorithm.end();
  const kdf = parameters.sequence("keyDerivationFunc");
  const derive = readKdf(kdf, undefined, PFX_ENCRYPTION);
  const scheme = parameters.sequence("messageAuthScheme");
  parameters.end();
  const name = scheme.oid("algorithm");
  if (!scheme.done) scheme.null("parameters");
  scheme.end();
  const hash = prfs.get(name);
  if (hash === undefined) refuseMac(name);
  return async (passphrase, budget) => {
    const key = await derive(passphrase.bytes, budget);
    return equalConstantTime(hash.hmac(key, data), digest);
  };
}

function refuseMac(name: string): never {
  throw new TlsError(
    "unsupported_key",
    `Cannot read the PFX file: its MAC is made with ${name}, which is not supported`,
    { hint: PFX_ENCRYPTION.hint },
  );
}

const OID = {
  data: "1.2.840.113549.1.7.1",
  signedData: "1.2.840.113549.1.7.2",
  pbmac1: "1.2.840.113549.1.5.14",
} as const;

/**
 * RFC 7292 section 4 leaves the digest open; OpenSSL's `-macalg` has all these.
 */
const macHashes: ReadonlyMap<string, KeyFileHash> = new Map(
  Object.entries(
    {
      ...HashOid,
      "SHA-512/224": "2.16.840.1.101.3.4.2.5",
      "SHA-512/256": "2.16.840.1.101.3.4.2.6",
      "SHA3-224": "2.16.840.1.101.3.4.2.7",
      "SHA3-256": "2.16.840.1.101.3.4.2.8",
      "SHA3-384": "2.16.840.1.101.3.4.2.9",
      "SHA3-512": "2.16.840.1.101.3.4.2.10",
    } satisfies Record<KeyFileHashName, string>,
  )
    // Object.entries() forgets the type of names.
    .map(([name, oid]) => [oid, keyFileHash(name as KeyFileHashName)]),
);
