/**
 * The master secret of TLS 1.2 and below and all that is derived from it, the
 * same on both sides (RFC 5246 sections 6.3, 7.4.9 and 8.1; RFC 7627; RFC
 * 5705).
 *
 * @module
 */

import type { CipherSuite } from "../../crypto/suites/cipher_suites.ts";
import {
  exportKeyingMaterial,
  extendedMasterSecret,
  type HelloRandoms,
  keyBlock,
  masterSecret,
  verifyData,
} from "../../crypto/prf_tls12.ts";
import type { RecordProtection } from "../../record/protection.ts";
import {
  protectTls12,
  writeKeyLengths,
} from "../../record/protection_tls12.ts";
import type { ClientConfig, ServerConfig } from "../common/config.ts";
import type { Exporter } from "../common/traffic_secrets.ts";
import { logSecret } from "../io/key_log.ts";
import type { Tls12Profile } from "../common/tls12_profile.ts";
import type { Transcript } from "../io/transcript.ts";

/** What the two hellos settled. */
export interface Tls12Parameters {
  /** The version. */
  readonly profile: Tls12Profile;
  /** The suite. */
  readonly suite: CipherSuite;
  /** Both randoms. */
  readonly randoms: HelloRandoms;
  /** extended_main_secret (RFC 7627). */
  readonly extendedMasterSecret: boolean;
  /** encrypt_then_mac (RFC 7366). */
  readonly encryptThenMac: boolean;
  /** max_fragment_length (RFC 6066 section 4). */
  readonly maxFragmentLength: number | undefined;
}

/**
 * Derives the master secret. Call it when ClientKeyExchange is the last message
 * of the transcript.
 */
export function deriveMasterSecret(
  { profile, suite, randoms, ...params }: Tls12Parameters,
  preMasterSecret: Uint8Array,
  transcript: Transcript,
): Uint8Array {
  const prf = profile.prf(suite);
  // RFC 7627 section 3: session_hash covers all up to ClientKeyExchange.
  const master = params.extendedMasterSecret
    ? extendedMasterSecret(prf, preMasterSecret, transcript.hash())
    : masterSecret(prf, preMasterSecret, randoms);
  preMasterSecret.fill(0);
  return master;
}

/** Record protection of both directions. */
export interface Protections {
  readonly read: RecordProtection;
  readonly write: RecordProtection;
}

/**
 * The keys of the connection (RFC 5246 section 6.3), also written to the key
 * log.
 */
export async function deriveProtections(
  { profile, suite, randoms, encryptThenMac }: Tls12Parameters,
  master: Uint8Array,
  { side, keyLog, random }: Pick<
    ClientConfig | ServerConfig,
    "side" | "keyLog" | "random"
  >,
): Promise<Protections> {
  const { version } = profile;
  const lengths = writeKeyLengths(suite.cipher, version);
  const block = keyBlock(profile.prf(suite), master, randoms, {
    macKeyLength: lengths.macKey,
    encKeyLength: lengths.key,
    fixedIvLength: lengths.iv,
  });
  logSecret({ keyLog }, "CLIENT_RANDOM", randoms.clientRandom, master);
  const options = { version, encryptThenMac, random };
  const client = await protectTls12(suite.cipher, {
    macKey: block.clientWriteMacKey,
    key: block.clientWriteKey,
    iv: block.clientWriteIv,
  }, options);
  const server = await protectTls12(suite.cipher, {
    macKey: block.serverWriteMacKey,
    key: block.serverWriteKey,
    iv: block.serverWriteIv,
  }, options);
  return side === "client"
    ? { read: server, write: client }
    : { read: client, write: server };
}

/** verify_data of the Finished that comes next (RFC 5246 section 7.4.9). */
export function nextVerifyDataTls12(
  { profile, suite }: Tls12Parameters,
  master: Uint8Array,
  sender: "client" | "server",
  transcript: Transcript,
): Uint8Array {
  return verifyData(profile.prf(suite), master, sender, transcript.hash());
}

/**
 * The exporter (RFC 5705). Without the extended master secret two connections
 * may have the same one: RFC 7627 section 5.4 has no exporter then.
 */
export function exporterTls12(
  { profile, suite, randoms, ...params }: Tls12Parameters,
  master: Uint8Array,
): Exporter {
  const exportTls12: Exporter["exportKeyingMaterial"] = (
    label,
    context,
    length,
  ) => {
    if (!params.extendedMasterSecret) {
      throw new TypeError(
        "Cannot export keying material: the peer does not support the extended master secret, so it would not be bound to this connection (RFC 7627 section 5.4)",
      );
    }
    if (RESERVED_LABELS.has(label)) {
      throw new TypeError(
        `Cannot export keying material: TLS itself uses the label "${label}" (RFC 5705 section 4)`,
      );
    }
    return exportKeyingMaterial(profile.prf(suite), master, randoms, {
      label,
      context,
      length,
    });
  };
  return { exportKeyingMaterial: exportTls12 };
}

/**
 * RFC 5705 section 4: with these the exporter would give away TLS's own keys.
 */
const RESERVED_LABELS: ReadonlySet<string> = new Set([
  "client finished",
  "server finished",
  "master secret",
  "extended master secret",
  "key expansion",
]);
