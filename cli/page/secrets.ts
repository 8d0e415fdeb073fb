/**
 * The secrets of a key log, and the record protection that comes of them.
 *
 * @module
 */

import {
  nextApplicationTrafficSecret,
  trafficKeys,
} from "../../crypto/key_schedule.ts";
import { type HelloRandoms, keyBlock } from "../../crypto/prf_tls12.ts";
import {
  type CipherSuite,
  cipherSuites,
  isTls13CipherSuite,
} from "../../crypto/suites/cipher_suites.ts";
import { weakCipherSuites } from "../../crypto/suites/weak_cipher_suites.ts";
import { toHex } from "../../encoding.ts";
import { profileOf } from "../../handshake/common/tls12_profile.ts";
import type { RecordProtection } from "../../record/protection.ts";
import {
  protectTls12,
  writeKeyLengths,
} from "../../record/protection_tls12.ts";
import { protectTls13 } from "../../record/protection_tls13.ts";
import type { Sender } from "./capture.ts";

/** A secret, as the key log has it. */
export interface Secret {
  /** RFC 9850 section 2. */
  readonly label: string;
  readonly secret: Uint8Array;
}

/** What protects the records of one direction, with its keys to show. */
export interface Keys {
  /** The secret that they come of. */
  readonly label: string;
  readonly secret: Uint8Array;
  readonly macKey: Uint8Array;
  readonly key: Uint8Array;
  readonly iv: Uint8Array;
  readonly suite: CipherSuite;
  readonly protection: RecordProtection;
}

/** The lines of a key log. */
export class Secrets {
  readonly #lines: readonly (readonly [string, string, string])[];

  /** Reads the lines. */
  constructor(lines: readonly string[]) {
    this.#lines = lines.map((line) => {
      const [label = "", random = "", secret = ""] = line.split(" ");
      return [label, random, secret] as const;
    });
  }

  /** A secret by its label, and by the client's random where there are more. */
  find(label: string, random?: Uint8Array): Secret | undefined {
    const hex = random && toHex(random);
    const found = this.#lines.findLast(([name, of]) =>
      name === label && (hex === undefined || of === hex)
    );
    return found && { label, secret: bytesOf(found[2]) };
  }

  /** All secrets, each once. */
  get all(): Secret[] {
    const labels = new Set(this.#lines.map(([label]) => label));
    return [...labels].flatMap((label) => this.find(label) ?? []);
  }
}

/** Keys of TLS 1.3 (RFC 9846 section 7.3). */
export async function keysTls13(
  suiteId: number,
  { label, secret }: Secret,
): Promise<Keys | undefined> {
  const suite = suiteOf(suiteId);
  if (suite === undefined || !isTls13CipherSuite(suite)) return undefined;
  const { aead } = suite.cipher;
  const { key, iv } = trafficKeys(suite.hash, secret, aead);
  const protection = await protectTls13(aead, { key, iv });
  return { label, secret, macKey: NOTHING, key, iv, suite, protection };
}

/** The keys behind a KeyUpdate (RFC 9846 section 7.2). */
export async function nextKeys(keys: Keys): Promise<Keys | undefined> {
  if (!isTls13CipherSuite(keys.suite)) return undefined;
  const { hash, id } = keys.suite;
  return await keysTls13(id, {
    label: keys.label.replace(/\d+$/, (number) => String(Number(number) + 1)),
    secret: nextApplicationTrafficSecret(hash, keys.secret),
  });
}

/** What the keys of TLS 1.2 and below depend on besides the main secret. */
export interface OldParameters {
  readonly version: number;
  readonly suiteId: number;
  readonly randoms: HelloRandoms;
  readonly encryptThenMac: boolean;
}

/** Keys of TLS 1.2 and below (RFC 5246 section 6.3). */
export async function keysTls12(
  { version, suiteId, randoms, encryptThenMac }: OldParameters,
  { label, secret }: Secret,
  sender: Sender,
): Promise<Keys | undefined> {
  const suite = suiteOf(suiteId);
  if (suite === undefined) return undefined;
  const lengths = writeKeyLengths(suite.cipher, version);
  const block = keyBlock(profileOf(version).prf(suite), secret, randoms, {
    macKeyLength: lengths.macKey,
    encKeyLength: lengths.key,
    fixedIvLength: lengths.iv,
  });
  const keys = sender === "client"
    ? {
      macKey: block.clientWriteMacKey,
      key: block.clientWriteKey,
      iv: block.clientWriteIv,
    }
    : {
      macKey: block.serverWriteMacKey,
      key: block.serverWriteKey,
      iv: block.serverWriteIv,
    };
  const protection = await protectTls12(suite.cipher, keys, {
    version,
    encryptThenMac,
  });
  return { label, secret, ...keys, suite, protection };
}

function suiteOf(id: number): CipherSuite | undefined {
  return [...cipherSuites, ...Object.values(weakCipherSuites)]
    .filter((suite): suite is CipherSuite => "cipher" in suite)
    .find((suite) => suite.id === id);
}

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(
    hex.match(/../g) ?? [],
    (digits) => parseInt(digits, 16),
  );
}

const NOTHING = new Uint8Array();
