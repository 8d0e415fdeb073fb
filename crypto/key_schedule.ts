/**
 * The key schedule of TLS 1.3 (RFC 9846 section 7.1): one type a stage, one
 * method a secret.
 *
 * ```text
 *             0
 *             |
 *             v
 *   PSK ->  HKDF-Extract = Early Secret                       EarlySecret
 *             |
 *             +-----> Derive-Secret(., "ext binder" | "res binder" |
 *             |                     "imp binder", "")
 *             |                     = binder_key              binder()
 *             |
 *             +-----> Derive-Secret(., "c e traffic", ClientHello)
 *             |                     = client_early_traffic_secret
 *             |
 *             +-----> Derive-Secret(., "e exp master", ClientHello)
 *             |                     = early_exporter_master_secret
 *             v
 *       Derive-Secret(., "derived", "")
 *             |
 *             v
 *   (EC)DHE -> HKDF-Extract = Handshake Secret                HandshakeSecret
 *             |
 *             +-----> Derive-Secret(., "c hs traffic",
 *             |                     ClientHello...ServerHello)
 *             |                     = client_handshake_traffic_secret
 *             |
 *             +-----> Derive-Secret(., "s hs traffic",
 *             |                     ClientHello...ServerHello)
 *             |                     = server_handshake_traffic_secret
 *             v
 *       Derive-Secret(., "derived", "")
 *             |
 *             v
 *   0 -> HKDF-Extract = Master Secret                         MasterSecret
 *             |
 *             +-----> Derive-Secret(., "c ap traffic",
 *             |                     ClientHello...server Finished)
 *             |                     = client_application_traffic_secret_0
 *             |
 *             +-----> Derive-Secret(., "s ap traffic",
 *             |                     ClientHello...server Finished)
 *             |                     = server_application_traffic_secret_0
 *             |
 *             +-----> Derive-Secret(., "exp master",
 *             |                     ClientHello...server Finished)
 *             |                     = exporter_master_secret
 *             |
 *             +-----> Derive-Secret(., "res master",
 *                                   ClientHello...client Finished)
 *                                   = resumption_master_secret
 * ```
 *
 * @module
 */

import {
  deriveSecret,
  hkdfExpandLabel,
  hkdfExtract,
  type PseudorandomKey,
} from "./primitives/hkdf.ts";
import type { HashAlgorithm, HmacKey } from "./primitives/provider.ts";

/** Where a PSK comes from; imported ones are of RFC 9258. */
export type PskKind = "external" | "resumption" | "imported";

/** RFC 9846 section 7.1, and RFC 9258 section 5.2. */
const BINDER_LABELS: Readonly<Record<PskKind, string>> = {
  external: "ext binder",
  resumption: "res binder",
  imported: "imp binder",
};

/** Early Secret: the stage before a key exchange. */
export class EarlySecret {
  readonly #hash: HashAlgorithm;
  readonly #key: HmacKey;
  /** The salt of the next stage. */
  #derived: HmacKey | undefined;

  /** From a PSK; without one, from a string of zeros. */
  constructor(hash: HashAlgorithm, psk?: Uint8Array) {
    this.#hash = hash;
    const secret = psk ?? new Uint8Array(hash.length);
    this.#key = hash.hmacKey(hkdfExtract(hash, zeroSalt(hash), secret));
  }

  /** The one without a PSK: a constant of the hash function, computed once. */
  static withoutPsk(hash: HashAlgorithm): EarlySecret {
    let early = withoutPsk.get(hash);
    if (early === undefined) {
      early = new EarlySecret(hash);
      withoutPsk.set(hash, early);
    }
    return early;
  }

  /**
   * `PskBinderEntry` (section 4.3.11.2), over the Transcript-Hash of all up to
   * the ClientHello without its binders. `kind` tells where the PSK came from.
   */
  binder(
    kind: PskKind,
    transcriptHash: Uint8Array,
  ): Uint8Array {
    const label = BINDER_LABELS[kind];
    const binderKey = deriveSecret(
      this.#hash,
      this.#key,
      label,
      emptyHash(this.#hash),
    );
    return finishedVerifyData(this.#hash, binderKey, transcriptHash);
  }

  /**
   * client_early_traffic_secret, with the hash of the ClientHello. Waits for
   * 0-RTT.
   */
  clientEarlyTrafficSecret(transcriptHash: Uint8Array): Uint8Array {
    return deriveSecret(this.#hash, this.#key, "c e traffic", transcriptHash);
  }

  /**
   * early_exporter_master_secret, with the hash of the ClientHello. Waits for
   * 0-RTT.
   */
  earlyExporterMasterSecret(transcriptHash: Uint8Array): Uint8Array {
    return deriveSecret(this.#hash, this.#key, "e exp master", transcriptHash);
  }

  /** The next stage: with the (EC)DHE shared secret, or none for psk_ke. */
  handshakeSecret(sharedSecret?: Uint8Array): HandshakeSecret {
    const hash = this.#hash;
    this.#derived ??= hash.hmacKey(derivedSecret(hash, this.#key));
    return new HandshakeSecret(
      hash,
      hkdfExtract(
        hash,
        this.#derived,
        sharedSecret ?? new Uint8Array(hash.length),
      ),
    );
  }
}

const withoutPsk = new WeakMap<HashAlgorithm, EarlySecret>();

/** Handshake Secret: the stage between ServerHello and Finished. */
export class HandshakeSecret {
  readonly #hash: HashAlgorithm;
  readonly #key: HmacKey;

  /** Made by {@linkcode EarlySecret.handshakeSecret}. */
  constructor(hash: HashAlgorithm, secret: Uint8Array) {
    this.#hash = hash;
    this.#key = hash.hmacKey(secret);
  }

  /** client_handshake_traffic_secret, with ClientHello…ServerHello. */
  clientHandshakeTrafficSecret(transcriptHash: Uint8Array): Uint8Array {
    return deriveSecret(this.#hash, this.#key, "c hs traffic", transcriptHash);
  }

  /** server_handshake_traffic_secret, with ClientHello…ServerHello. */
  serverHandshakeTrafficSecret(transcriptHash: Uint8Array): Uint8Array {
    return deriveSecret(this.#hash, this.#key, "s hs traffic", transcriptHash);
  }

  /** The next stage. */
  masterSecret(): MasterSecret {
    const hash = this.#hash;
    return new MasterSecret(
      hash,
      hkdfExtract(
        hash,
        derivedSecret(hash, this.#key),
        new Uint8Array(hash.length),
      ),
    );
  }
}

/** Master Secret: the stage from which application data is protected. */
export class MasterSecret {
  readonly #hash: HashAlgorithm;
  readonly #key: HmacKey;

  /** Made by {@linkcode HandshakeSecret.masterSecret}. */
  constructor(hash: HashAlgorithm, secret: Uint8Array) {
    this.#hash = hash;
    this.#key = hash.hmacKey(secret);
  }

  /** client_application_traffic_secret_0, with ClientHello…server Finished. */
  clientApplicationTrafficSecret(transcriptHash: Uint8Array): Uint8Array {
    return deriveSecret(this.#hash, this.#key, "c ap traffic", transcriptHash);
  }

  /** server_application_traffic_secret_0, with ClientHello…server Finished. */
  serverApplicationTrafficSecret(transcriptHash: Uint8Array): Uint8Array {
    return deriveSecret(this.#hash, this.#key, "s ap traffic", transcriptHash);
  }

  /** exporter_master_secret, with ClientHello…server Finished. */
  exporterMasterSecret(transcriptHash: Uint8Array): Uint8Array {
    return deriveSecret(this.#hash, this.#key, "exp master", transcriptHash);
  }

  /** resumption_master_secret, with ClientHello…client Finished. */
  resumptionMasterSecret(transcriptHash: Uint8Array): Uint8Array {
    return deriveSecret(this.#hash, this.#key, "res master", transcriptHash);
  }
}

/** What protects the records of one direction. */
export interface TrafficKeys {
  /** `[sender]_write_key`. */
  readonly key: Uint8Array;
  /** `[sender]_write_iv`. */
  readonly iv: Uint8Array;
}

/** Traffic key calculation (section 7.3), of a traffic secret. */
export function trafficKeys(
  hash: HashAlgorithm,
  trafficSecret: PseudorandomKey,
  lengths: { readonly keyLength: number; readonly nonceLength: number },
): TrafficKeys {
  const secret = trafficSecret instanceof Uint8Array
    ? hash.hmacKey(trafficSecret)
    : trafficSecret;
  return {
    key: hkdfExpandLabel(hash, secret, "key", EMPTY, lengths.keyLength),
    iv: hkdfExpandLabel(hash, secret, "iv", EMPTY, lengths.nonceLength),
  };
}

/** application_traffic_secret_N+1 of application_traffic_secret_N (7.2). */
export function nextApplicationTrafficSecret(
  hash: HashAlgorithm,
  trafficSecret: Uint8Array,
): Uint8Array {
  return hkdfExpandLabel(
    hash,
    trafficSecret,
    "traffic upd",
    EMPTY,
    hash.length,
  );
}

/**
 * verify_data of a Finished (section 4.5.3). The base key is the sender's
 * handshake traffic secret, or after the handshake its application traffic
 * secret.
 */
export function finishedVerifyData(
  hash: HashAlgorithm,
  baseKey: PseudorandomKey,
  transcriptHash: Uint8Array,
): Uint8Array {
  const finishedKey = hkdfExpandLabel(
    hash,
    baseKey,
    "finished",
    EMPTY,
    hash.length,
  );
  return hash.hmac(finishedKey, transcriptHash);
}

/** The PSK of a NewSessionTicket (section 4.7.1). */
export function resumptionPsk(
  hash: HashAlgorithm,
  resumptionMasterSecret: PseudorandomKey,
  ticketNonce: Uint8Array,
): Uint8Array {
  return hkdfExpandLabel(
    hash,
    resumptionMasterSecret,
    "resumption",
    ticketNonce,
    hash.length,
  );
}

/**
 * `TLS-Exporter(label, context_value, key_length)` (section 7.5), of the
 * exporter_master_secret or the early one. No context is an empty one.
 *
 * @throws {RangeError} If label or length are too long.
 */
export function exportKeyingMaterial(
  hash: HashAlgorithm,
  exporterSecret: Uint8Array,
  label: string,
  context: Uint8Array | undefined,
  length: number,
): Uint8Array {
  const secret = deriveSecret(hash, exporterSecret, label, emptyHash(hash));
  return hkdfExpandLabel(
    hash,
    secret,
    "exporter",
    hash.digest(context ?? EMPTY),
    length,
  );
}

/** `Derive-Secret(., "derived", "")`: the salt of the next stage. */
function derivedSecret(hash: HashAlgorithm, key: HmacKey): Uint8Array {
  return deriveSecret(hash, key, "derived", emptyHash(hash));
}

/** The salt of Early Secret: a string of zeros. */
function zeroSalt(hash: HashAlgorithm): HmacKey {
  let key = zeroSalts.get(hash);
  if (key === undefined) {
    key = hash.hmacKey(new Uint8Array(hash.length));
    zeroSalts.set(hash, key);
  }
  return key;
}

/** Transcript-Hash of no messages. */
function emptyHash(hash: HashAlgorithm): Uint8Array {
  let digest = emptyHashes.get(hash);
  if (digest === undefined) {
    digest = hash.digest(EMPTY);
    emptyHashes.set(hash, digest);
  }
  return digest;
}

const EMPTY = new Uint8Array();
const emptyHashes = new WeakMap<HashAlgorithm, Uint8Array>();
const zeroSalts = new WeakMap<HashAlgorithm, HmacKey>();
