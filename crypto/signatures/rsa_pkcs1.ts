/**
 * The uses of RSA in TLS 1.2 and below that WebCrypto lacks:
 * RSAES-PKCS1-v1_5 (RFC 8017 section 7.2) for premaster secrets, and signatures
 * over MD5 and SHA-1 (RFC 4346 section 7.4.3). The private key's part is
 * `node:crypto`'s; no other platform offers it.
 *
 * @module
 */

import { concat } from "@std/bytes";
import { TlsError } from "../../errors.ts";
import { randomBytes } from "../primitives/bytes.ts";
import { md5Sha1 } from "../primitives/md5_sha1.ts";
import {
  type NodeCrypto,
  nodeCrypto,
  type NodeKey,
} from "../primitives/node_crypto.ts";
import { encodedMessage, readRsaPublicKey } from "./rsa_verify.ts";
import type { RandomBytes } from "../primitives/provider.ts";
import { unsupportedKey } from "./public_key.ts";

/**
 * RSAES-PKCS1-v1_5 encryption (RFC 8017 section 7.2.1).
 *
 * @param publicKey RSAPublicKey in DER.
 * @param random What the padding is made of.
 * @throws {TlsError} `unsupported_key`, if the key is too short, or not an RSA
 * key.
 */
export function rsaEncrypt(
  publicKey: Uint8Array,
  data: Uint8Array,
  random: RandomBytes = randomBytes,
): Uint8Array {
  const key = readRsaPublicKey(publicKey);
  const length = Math.ceil(key.bits / 8);
  if (length < data.length + PADDING_LENGTH) {
    throw unsupportedKey("it is too short to encrypt with");
  }
  const padding = nonZeroBytes(length - data.length - 3, random);
  const block = concat([Uint8Array.of(0, 2), padding, Uint8Array.of(0), data]);
  const encrypted = encodedMessage(key, block);
  block.fill(0);
  if (encrypted === undefined) throw unsupportedKey("its modulus is too small");
  return encrypted;
}

/** Random bytes without a zero, which would end the padding. */
function nonZeroBytes(length: number, random: RandomBytes): Uint8Array {
  const bytes = random(length).slice();
  for (let at = 0; at < length; at++) {
    while (bytes[at] === 0) bytes.set(random(1), at);
  }
  return bytes;
}

/**
 * The premaster secret of a static RSA key exchange. If the ciphertext, its
 * content or the version in it is wrong, the result is random and
 * indistinguishable: RFC 5246 section 7.4.7.1, against the attacks of
 * Bleichenbacher and of Klima, Pokorny and Rosa (ROBOT). The handshake then
 * fails at Finished, as it does for a peer with other keys.
 *
 * The arithmetic is the platform's, blinded; what is done with its result here
 * reads every byte and branches on none.
 *
 * @param pkcs8 The private key.
 * @param version client_version of the ClientHello.
 * @throws {TlsError} `unsupported_key`, if the platform has no raw RSA.
 */
export function rsaDecryptPreMasterSecret(
  pkcs8: Uint8Array,
  encrypted: Uint8Array,
  version: number,
): Uint8Array {
  const random = randomBytes(PRE_MASTER_SECRET_LENGTH);
  const { node, key } = importKey(pkcs8);
  let block: Uint8Array;
  try {
    const padding = node.constants.RSA_NO_PADDING;
    block = node.privateDecrypt({ key, padding }, encrypted);
  } catch {
    // Longer than the modulus, or not below it: the sender knows that anyway.
    return random;
  }
  // RFC 8017 section 7.2.2 step 1: nor may it be shorter.
  return block.length === encrypted.length
    ? select(block, random, version)
    : random;
}

/**
 * The same for a secret that something else decrypted, such as a hardware
 * module.
 *
 * @param secret Its result, empty if it refused.
 */
export function checkedPreMasterSecret(
  secret: Uint8Array,
  version: number,
): Uint8Array {
  const block = new Uint8Array(PADDING_LENGTH + PRE_MASTER_SECRET_LENGTH);
  block.fill(1).set([0, 2]);
  // A secret of another length fails where the zero in front of it should be.
  const wrong = secret.length ^ PRE_MASTER_SECRET_LENGTH;
  block.set([wrong | (wrong >> 8)], PADDING_LENGTH - 1);
  block.set(secret.subarray(0, PRE_MASTER_SECRET_LENGTH), PADDING_LENGTH);
  return select(block, randomBytes(PRE_MASTER_SECRET_LENGTH), version);
}

/** `block` is 00 02, non-zero padding, 00, and the secret with its version. */
function select(
  block: Uint8Array,
  random: Uint8Array,
  version: number,
): Uint8Array {
  const start = block.length - PRE_MASTER_SECRET_LENGTH;
  if (start < PADDING_LENGTH) return random; // A matter of the key alone.
  const at = (index: number) => block[index] as number;
  let wrong = at(0) | (at(1) ^ 2) | at(start - 1);
  for (let index = 2; index < start - 1; index++) wrong |= isZero(at(index));
  wrong |= (at(start) ^ (version >> 8)) | (at(start + 1) ^ (version & 0xff));
  // All ones for a secret that is right, zero otherwise.
  const mask = -isZero(wrong);
  return random.map((byte, index) =>
    (at(start + index) & mask) | (byte & ~mask)
  );
}

/** 1 for 0 and 0 for 1 to 255, without a branch. */
function isZero(byte: number): number {
  return (byte - 1) >>> 31;
}

/**
 * RSASSA-PKCS1-v1_5 over MD5 and SHA-1 without a DigestInfo (RFC 4346 section
 * 7.4.3).
 *
 * @throws {TlsError} `unsupported_key`, if the platform has no raw RSA.
 */
export function rsaSignMd5Sha1(
  pkcs8: Uint8Array,
  data: Uint8Array,
): Uint8Array {
  const { node, key } = importKey(pkcs8);
  const padding = node.constants.RSA_PKCS1_PADDING;
  const signature = node.privateEncrypt({ key, padding }, md5Sha1.digest(data));
  return new Uint8Array(signature); // Of a Buffer of Node's.
}

interface Imported {
  readonly node: NodeCrypto;
  readonly key: NodeKey;
}

function importKey(pkcs8: Uint8Array): Imported {
  let imported = keys.get(pkcs8);
  if (imported === undefined) {
    const node = nodeCrypto();
    if (node === undefined) {
      throw new TlsError(
        "unsupported_key",
        "Cannot use the RSA key: this platform has no RSA decryption, nor signatures of TLS 1.1",
      );
    }
    const key = node.createPrivateKey({
      key: pkcs8,
      format: "der",
      type: "pkcs8",
    });
    keys.set(pkcs8, imported = { node, key });
  }
  return imported;
}

const keys = new WeakMap<Uint8Array, Imported>();

/** RFC 8017 section 7.2.1: 00 02, eight bytes at least, 00. */
const PADDING_LENGTH = 11;

/** RFC 5246 section 7.4.7.1: a version and 46 random bytes. */
const PRE_MASTER_SECRET_LENGTH = 48;
