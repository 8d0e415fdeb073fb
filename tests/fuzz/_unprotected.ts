/**
 * Cryptography that protects nothing, so that a changed byte is read rather
 * than refused by a tag, a signature's content or Finished. It stands where the
 * real rows stand, so that nothing below a configuration knows of it.
 *
 * @module
 */

import {
  type AeadCipher,
  agreement,
  type CipherSuite,
  type Protection,
  tls12Suite,
  tls13Suite,
} from "../../crypto/suites/cipher_suite.ts";
import { sha256 } from "../../crypto/primitives/hash.ts";
import type {
  AeadAlgorithm,
  HashAlgorithm,
  HmacKey,
  KeyExchangeGroup,
  RunningHash,
} from "../../crypto/primitives/provider.ts";
import { TlsProtocolError } from "../../errors.ts";
import { NamedGroup } from "../../registry.ts";
import { Certificate } from "../../x509/certificate/certificate.ts";
import { PrivateKey, type Signer } from "../../x509/keys/private_key.ts";
import type { LocalIdentity } from "../../handshake/common/local_identity.ts";
import { TrustStore } from "../../x509/trust/trust_store.ts";

/** An AEAD that leaves its input as it is, and has no tag. */
const nullAead: AeadAlgorithm = {
  name: "none",
  keyLength: 16,
  nonceLength: 12,
  tagLength: 0,
  confidentialityLimit: 2 ** 24,
  importKey: () => ({
    seal: (_nonce, plaintext) => ({ ciphertext: plaintext.slice() }),
    open: (_nonce, ciphertext) => ciphertext.slice(),
  }),
};

const digest = () => new Uint8Array(32);
const running: RunningHash = {
  update: () => running,
  digest,
  clone: () => running,
} as RunningHash;
const keyed: HmacKey = { sign: digest };

/** A hash that is the same for all input: every Finished and binder is right. */
const nullHash: HashAlgorithm = {
  name: "SHA-256",
  length: 32,
  digest,
  create: () => running,
  hmac: digest,
  hmacKey: () => keyed,
};

const cipher: AeadCipher = {
  kind: "aead",
  aead: nullAead,
  fixedIvLength: 12,
  recordIvLength: 0,
};

const nothing: Protection & { cipher: AeadCipher } = {
  hash: nullHash,
  cipher,
  encryption: "none",
  keyBits: 128,
  strength: 128,
};

/** TLS 1.3 with its own hash: what binders and Finished cover counts. */
export const unsealedTls13: readonly CipherSuite[] = [
  tls13Suite("TLS_AES_128_GCM_SHA256", { ...nothing, hash: sha256 }),
];

/** TLS 1.3 without protection. */
export const unprotectedTls13: readonly CipherSuite[] = [
  tls13Suite("TLS_AES_128_GCM_SHA256", nothing),
  tls13Suite("TLS_CHACHA20_POLY1305_SHA256", nothing),
];

/** TLS 1.2 without protection, by how keys are agreed on. */
export const unprotectedTls12 = {
  ecdheEcdsa: tls12Suite(
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    "ECDHE-ECDSA-CHACHA20-POLY1305",
    agreement.ECDHE_ECDSA,
    nothing,
  ),
  dheRsa: tls12Suite(
    "TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
    "DHE-RSA-CHACHA20-POLY1305",
    agreement.DHE_RSA,
    nothing,
  ),
  rsa: tls12Suite(
    "TLS_RSA_WITH_AES_128_GCM_SHA256",
    "AES128-GCM-SHA256",
    agreement.RSA,
    nothing,
  ),
  psk: tls12Suite(
    "TLS_PSK_WITH_AES_128_GCM_SHA256",
    "PSK-AES128-GCM-SHA256",
    agreement.PSK,
    nothing,
  ),
  ecdhePsk: tls12Suite(
    "TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256",
    "ECDHE-PSK-CHACHA20-POLY1305",
    agreement.ECDHE_PSK,
    nothing,
  ),
} as const;

/** A group whose shares are constant, and whose secret is known. */
function nullGroup(
  name: "x25519" | "secp256r1",
  length: number,
): KeyExchangeGroup {
  const share = new Uint8Array(length);
  share[0] = length === 32 ? 9 : 4;
  const check = (peer: Uint8Array) => {
    if (peer.length === length) return;
    throw new TlsProtocolError(
      "illegal_parameter",
      `Cannot accept a share of ${peer.length} bytes`,
    );
  };
  return {
    id: NamedGroup[name],
    name,
    kind: "ecdh",
    strength: 128,
    bits: 256,
    offer: () =>
      Promise.resolve({
        share,
        complete: (peer) => {
          check(peer);
          return Promise.resolve(new Uint8Array(32));
        },
      }),
    accept: (peer) => {
      check(peer);
      return Promise.resolve({ share, sharedSecret: new Uint8Array(32) });
    },
  };
}

/** Groups without arithmetic, in order of preference. */
export const nullGroups: readonly KeyExchangeGroup[] = [
  nullGroup("x25519", 32),
  nullGroup("secp256r1", 65),
];

/** When everything happens, in milliseconds since 1970. */
export const NOW: number = Date.UTC(2026, 0, 15);

function text(name: string): string {
  return Deno.readTextFileSync(
    new URL(`testdata/${name}`, import.meta.url),
  );
}

/** Signs the same bytes but once: most cases sign what those before did. */
class RememberingSigner implements Signer {
  readonly #key: PrivateKey;
  readonly #made = new Map<string, Promise<Uint8Array>>();

  constructor(key: PrivateKey) {
    this.#key = key;
  }

  get publicKey() {
    return this.#key.publicKey;
  }

  sign(scheme: Parameters<Signer["sign"]>[0], data: Uint8Array) {
    const id = scheme + data.toHex();
    let made = this.#made.get(id);
    if (made === undefined) {
      if (this.#made.size > 100) this.#made.clear();
      made = this.#key.sign(scheme, data);
      this.#made.set(id, made);
    }
    return made.then((signature) => signature.slice());
  }
}

const staple = Deno.readFileSync(
  new URL("../x509/testdata/revocation/ocsp-delegated.der", import.meta.url),
);

/** A timestamp as RFC 6962 section 3.2 has it, of a log that nobody knows. */
const timestamp = Uint8Array.of(
  0,
  ...new Uint8Array(32 + 8 + 2),
  ...[4, 3, 0, 4, 0x30, 2, 5, 0],
);

async function identity(name: string): Promise<LocalIdentity> {
  return {
    chain: Certificate.fromPem(text(`${name}.pem`)),
    key: new RememberingSigner(await PrivateKey.parse(text(`${name}.key`))),
    // Of another certificate: it is read, and counts as none.
    ocspResponse: staple,
    signedCertificateTimestamps: [timestamp],
  };
}

/** Identities whose signatures are the same on each run, and who trusts them. */
export const people = {
  server: await identity("server"),
  serverRsa: await identity("server-rsa"),
  /** With the key itself, which decrypts. */
  decrypting: {
    chain: Certificate.fromPem(text("server-rsa.pem")),
    key: await PrivateKey.parse(text("server-rsa.key")),
  },
  client: await identity("client"),
  trust: TrustStore.of(text("ca.pem")),
} as const;
