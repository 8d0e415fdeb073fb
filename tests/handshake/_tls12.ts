/**
 * What the tests of TLS 1.2 and below share: options for one key exchange, and
 * peers that alter what belongs to it.
 *
 * @module
 */

import type {
  ClientOptions,
  ServerOptions,
} from "../../connection/options/options.ts";
import { ContentType, HandshakeType } from "../../registry.ts";
import type { IssueOptions } from "../../x509/issue/issue.ts";
import type { Mischief } from "../_hostile_peer.ts";
import { certificate } from "../_pair.ts";

/** TLS 1.2 and one suite, for both sides. */
export function only(
  suite: string,
  version: "TLSv1" | "TLSv1.1" | "TLSv1.2" = "TLSv1.2",
): { minVersion: "TLSv1"; maxVersion: typeof version; cipherSuites: string[] } {
  return { minVersion: "TLSv1", maxVersion: version, cipherSuites: [suite] };
}

/** The suites that most tests use. */
export const suite = {
  ecdhe: "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
  ecdheRsa: "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
  ecdheCbc: "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
  dhe: "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256",
  rsa: "TLS_RSA_WITH_AES_128_GCM_SHA256",
  psk: "TLS_PSK_WITH_AES_128_GCM_SHA256",
  dhePsk: "TLS_DHE_PSK_WITH_AES_128_GCM_SHA256",
  ecdhePsk: "TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256",
  rsaPsk: "TLS_RSA_PSK_WITH_AES_128_GCM_SHA256",
} as const;

/** What a test of one broken rule may set. */
export interface RuleSettings {
  client?: ClientOptions;
  server?: ServerOptions;
  /** ECDHE with ECDSA if not given. */
  suite?: string;
  /** TLS 1.2 if not given. */
  version?: "TLSv1" | "TLSv1.1" | "TLSv1.2";
}

/** Options of both sides for a test of one broken rule. */
export function optionsOf(
  settings: RuleSettings,
): ReturnType<typeof optionsFor> {
  return optionsFor(settings.suite ?? suite.ecdhe, settings, settings.version);
}

/** Options of both sides for one suite; RSA suites have an RSA certificate. */
export async function optionsFor(
  name: string,
  more: { client?: ClientOptions; server?: ServerOptions } = {},
  version: "TLSv1" | "TLSv1.1" | "TLSv1.2" = "TLSv1.2",
): Promise<{ client: ClientOptions; server: ServerOptions }> {
  const both = only(name, version);
  const isRsa = /_RSA_/.test(name);
  const identity = isRsa ? await identityOf({ keyType: "rsa-2048" }) : {};
  return {
    client: { ...both, onSession: () => {}, ...more.client },
    server: { ...both, ...identity, ...more.server },
  };
}

/** A certificate with its key, as options have it. */
export async function identityOf(
  options: Omit<IssueOptions, "issuer">,
): Promise<{ cert: string; key: string }> {
  const { cert, key } = await certificate(options);
  return { cert, key };
}

/** A mischief that leaves messages of a type out. */
export function without(type: keyof typeof HandshakeType): Mischief {
  return {
    message: ({ raw }) => raw[0] === HandshakeType[type] ? [] : undefined,
  };
}

/** A mischief that sends messages of a type twice. */
export function twice(type: keyof typeof HandshakeType): Mischief {
  return {
    message: ({ raw }) =>
      raw[0] === HandshakeType[type] ? [raw, raw] : undefined,
  };
}

/** A mischief that sends change_cipher_spec before a message of a type. */
export function changeCipherSpecBefore(
  type: keyof typeof HandshakeType,
): Mischief {
  return {
    record: (contentType, bytes) =>
      contentType === ContentType.handshake &&
        bytes[0] === HandshakeType[type]
        ? [
          [ContentType.change_cipher_spec, Uint8Array.of(1)],
          [contentType, bytes],
        ]
        : undefined,
  };
}

/** A mischief that sends other change_cipher_spec records. */
export function changeCipherSpecAs(
  ...records: readonly Uint8Array[]
): Mischief {
  return {
    record: (contentType) =>
      contentType === ContentType.change_cipher_spec
        ? records.map((bytes) => [contentType, bytes] as const)
        : undefined,
  };
}
