/**
 * Private keys in files: which block of a PEM text is the key, and how one is
 * opened that is encrypted.
 *
 * @module
 */

import { TlsError } from "../../errors.ts";
import { evpBytesToKey, type KdfBudget } from "../../crypto/primitives/kdf.ts";
import {
  aes128Cbc,
  aes192Cbc,
  aes256Cbc,
  type CbcCipher,
  tripleDesCbc,
} from "../../crypto/primitives/key_file_ciphers.ts";
import { DerReader } from "../asn1/der.ts";
import { readEncryptionScheme } from "./encryption_scheme.ts";
import {
  kdfBudget,
  type KnownPassphrase,
  type Passphrase,
  requirePassphrase,
} from "./passphrase.ts";
import { isPem, parsePem, type PemBlock } from "../asn1/pem.ts";
import {
  foreignKey,
  isKeystore,
  PRIVATE_KEY,
  type Structure,
  structureOf,
} from "../asn1/key_structure.ts";

/**
 * Finds the one private key in PEM or DER and decrypts it.
 *
 * @returns A PKCS#8, PKCS#1 or SEC 1 structure.
 */
export async function openPrivateKey(
  input: string | Uint8Array,
  { passphrase, maxIterations }: {
    readonly passphrase?: Passphrase | undefined;
    readonly maxIterations?: number | undefined;
  },
): Promise<Uint8Array> {
  const budget = kdfBudget(PRIVATE_KEY.what, maxIterations);
  if (typeof input !== "string" && isKeystore(input)) {
    throw foreignKey("Java keystore");
  }
  if (typeof input !== "string" && !isPem(input)) {
    return await openDer(input, passphrase, budget);
  }
  const block = onlyKey(parsePem(input));
  if (block.headers.get("Proc-Type")?.replaceAll(" ", "") === "4,ENCRYPTED") {
    return await openProcType(block, passphrase);
  }
  return await openDer(block.der, passphrase, budget);
}

/** Every other kind of block may stand beside the key and is passed over. */
function onlyKey(blocks: readonly PemBlock[]): PemBlock {
  const keys = blocks.filter(({ label }) => /(^| )PRIVATE KEY$/.test(label));
  const [key] = keys;
  if (key !== undefined && keys.length === 1) {
    if (key.label === "OPENSSH PRIVATE KEY") {
      throw new TlsError(
        "unsupported_key",
        "Cannot read the private key: it is in OpenSSH's own format",
        { hint: opensshHint(key.der) },
      );
    }
    return key;
  }
  if (key !== undefined) {
    throw new TlsError(
      "malformed_key",
      `Cannot read the private key: the PEM text has ${keys.length} private keys`,
      { hint: "Give the one that belongs to the certificate" },
    );
  }
  const [other] = blocks;
  if (other === undefined) {
    throw new TlsError(
      "malformed_key",
      "Cannot read the private key: this is neither PEM nor DER",
    );
  }
  const known = labels.get(other.label);
  if (known !== undefined) throw foreignKey(known);
  throw new TlsError(
    "malformed_key",
    `Cannot read the private key: the PEM text has no private key, but ${other.label}`,
  );
}

/**
 * What to do about a key in OpenSSH's format (PROTOCOL.key in its sources):
 * `ssh-keygen` converts all types but Ed25519, which it leaves as they are.
 */
function opensshHint(der: Uint8Array): string {
  const text = Array.from(
    der.subarray(0, 256),
    (byte) => String.fromCharCode(byte),
  ).join("");
  return text.startsWith("openssh-key-v1\0") && /ssh-ed25519/.test(text)
    ? "ssh-keygen cannot convert Ed25519 keys: make another key with: openssl genpkey -algorithm ed25519"
    : "Convert it with: ssh-keygen -p -m PKCS8 -f <file>";
}

async function openDer(
  der: Uint8Array,
  passphrase: Passphrase | undefined,
  budget: KdfBudget,
): Promise<Uint8Array> {
  if (structureOf(der) !== "encrypted PKCS#8") return der;
  const known = await requirePassphrase(
    passphrase,
    PRIVATE_KEY.what,
    "this is an encrypted PKCS#8 key",
  );
  return await decryptPkcs8(DerReader.of(der, PRIVATE_KEY), known, budget);
}

/**
 * Reads an EncryptedPrivateKeyInfo (RFC 5958 section 3) and decrypts it.
 *
 * @throws {TlsError} `wrong_passphrase`, if what comes out is not PKCS#8.
 */
async function decryptPkcs8(
  reader: DerReader,
  passphrase: KnownPassphrase,
  budget: KdfBudget,
): Promise<Uint8Array> {
  const info = reader.sequence("EncryptedPrivateKeyInfo");
  reader.end();
  const scheme = readEncryptionScheme(info.sequence("encryptionAlgorithm"), {
    what: PRIVATE_KEY.what,
    hint: CONVERT,
  });
  const ciphertext = info.octetString("encryptedData");
  info.end();
  const decrypted = await scheme.decrypt(ciphertext, passphrase, budget);
  if (decrypted === undefined || structureOf(decrypted) !== "PKCS#8") {
    wrongPassphrase("the encrypted PKCS#8 key");
  }
  return decrypted;
}

/** RFC 1421 section 4.6.1, with the ciphers and the key derivation of OpenSSL. */
async function openProcType(
  block: PemBlock,
  passphrase: Passphrase | undefined,
): Promise<Uint8Array> {
  const { cipher, iv } = readDekInfo(block.headers.get("DEK-Info"));
  const fact = "this is an encrypted PEM key (Proc-Type: 4,ENCRYPTED)";
  const known = await requirePassphrase(passphrase, PRIVATE_KEY.what, fact);
  const key = evpBytesToKey(known.bytes, iv.subarray(0, 8), cipher.keyLength);
  const decrypted = await cipher.decrypt(key, iv, block.der);
  if (decrypted === undefined || structureOf(decrypted) === "unknown") {
    wrongPassphrase("the encrypted PEM key");
  }
  return decrypted;
}

/** The cipher and its IV (RFC 1421 section 4.6.1.3). */
function readDekInfo(
  info: string | undefined,
): { cipher: CbcCipher; iv: Uint8Array } {
  const match = /^([^\s,]+)\s*(?:,\s*(\S*))?$/.exec(info ?? "");
  const [, name = "", hex = ""] = match ?? [];
  if (match === null) refuseDekInfo(info);
  const cipher = dekCiphers.get(name.toUpperCase());
  if (cipher === undefined) {
    throw new TlsError(
      "unsupported_key",
      `Cannot read the private key: it is encrypted with ${name}, which is not supported`,
      { hint: CONVERT },
    );
  }
  if (!/^[0-9A-Fa-f]+$/.test(hex)) refuseDekInfo(info);
  const iv = Uint8Array.from(hex.match(/../g) ?? [], (x) => parseInt(x, 16));
  if (hex.length !== 2 * cipher.blockLength) {
    throw new TlsError(
      "malformed_key",
      `Cannot read the private key: the IV in DEK-Info has ${hex.length} digits where ${
        2 * cipher.blockLength
      } belong`,
    );
  }
  return { cipher, iv };
}

function refuseDekInfo(info: string | undefined): never {
  throw new TlsError(
    "malformed_key",
    `Cannot read the private key: DEK-Info ${
      info === undefined ? "is missing" : "is malformed"
    } (RFC 1421 section 4.6.1.3)`,
  );
}

function wrongPassphrase(what: string): never {
  throw new TlsError(
    "wrong_passphrase",
    `Cannot decrypt ${what}: the passphrase is wrong, or the file is damaged`,
  );
}

/** What converts a key that is encrypted with what OpenSSL 3 calls legacy. */
const CONVERT =
  "Convert it with: openssl pkcs8 -provider legacy -provider default -topk8 -v2 aes-256-cbc -in old.pem -out new.pem";

const dekCiphers: ReadonlyMap<string, CbcCipher> = new Map([
  ["DES-EDE3-CBC", tripleDesCbc],
  ["AES-128-CBC", aes128Cbc],
  ["AES-192-CBC", aes192Cbc],
  ["AES-256-CBC", aes256Cbc],
]);

/** What other labels hold (RFC 7468). */
const labels: ReadonlyMap<string, Structure> = new Map<string, Structure>([
  ["CERTIFICATE", "certificate"],
  ["X509 CERTIFICATE", "certificate"],
  ["TRUSTED CERTIFICATE", "certificate"],
  ["CERTIFICATE REQUEST", "certificate request"],
  ["NEW CERTIFICATE REQUEST", "certificate request"],
  ["PUBLIC KEY", "public key"],
  ["RSA PUBLIC KEY", "public key"],
  ["X509 CRL", "CRL"],
]);
