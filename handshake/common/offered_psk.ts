/**
 * The pre-shared keys that a client offers in TLS 1.3: a session's and external
 * ones (RFC 9846 section 4.3.11).
 *
 * @module
 */

import { EarlySecret, type PskKind } from "../../crypto/key_schedule.ts";
import { isTls13CipherSuite } from "../../crypto/suites/cipher_suites.ts";
import { sha256, sha384 } from "../../crypto/primitives/hash.ts";
import type { HashAlgorithm } from "../../crypto/primitives/provider.ts";
import { CipherSuite } from "../../registry.ts";
import type { PeerAuthentication } from "./authenticate.ts";
import type { ClientConfig } from "./config.ts";
import type { ClientPsk } from "./psk_config.ts";
import type { LocalIdentity } from "./local_identity.ts";
import { importer, provenPsk } from "./external_psk.ts";
import {
  isTls13,
  type SessionPsk,
  type SessionState,
} from "../session/session_state.ts";

/** A session that is offered, with whom it stands for. */
export interface OfferedSession {
  /** The session. */
  readonly state: SessionState;
  /** The server, as it was authenticated. */
  readonly peer: PeerAuthentication;
  /** What authenticated us. */
  readonly localIdentity: LocalIdentity | undefined;
  /** What is sent as early data. */
  readonly earlyData?: Uint8Array | undefined;
}

/** A pre-shared key that was offered: that of a session, or an external one. */
export type OfferedPsk = ResumptionPsk | ExternalPsk;

interface ResumptionPsk extends OfferedKey {
  /** The session that it resumes. */
  readonly session: OfferedSession;
  readonly external: undefined;
}

interface ExternalPsk extends OfferedKey {
  readonly session: undefined;
  /** What a session remembers of it. */
  readonly external: SessionPsk;
}

interface OfferedKey {
  /** Where the key comes from. */
  readonly kind: PskKind;
  /** PskIdentity.identity. */
  readonly identity: Uint8Array;
  /** PskIdentity.obfuscated_ticket_age. */
  readonly obfuscatedTicketAge: number;
  /** Early Secret, of the key. */
  readonly early: EarlySecret;
  /** The hash that it is for. */
  readonly hash: HashAlgorithm;
}

/** An external PSK as it is offered, perhaps imported from another one. */
type OfferedClientPsk = ClientPsk & { readonly source?: ClientPsk };

/** The session first, which costs the server no look-up. */
export async function offeredPsks(
  config: ClientConfig,
  session: OfferedSession | undefined,
  psks: readonly ClientPsk[],
): Promise<OfferedPsk[]> {
  // RFC 9973 section 5.1: "All of the listed PSKs MUST be external PSKs", and
  // without that extension a server might take one for authentication.
  const given = config.certificateWithPsk !== "never" && isTls13(session?.state)
    ? []
    : psks;
  const external: readonly OfferedClientPsk[] = given.some(isToBeImported)
    ? (await importer.load()).importPsks(given, hashesOf(config))
    : given;
  const offered: OfferedPsk[] = external.map((psk) => {
    const hash = psk.hash === "SHA-384" ? sha384 : sha256;
    const { source = psk } = psk;
    return {
      kind: source === psk ? "external" : "imported",
      identity: psk.identity,
      obfuscatedTicketAge: 0,
      early: new EarlySecret(hash, psk.key),
      hash,
      session: undefined,
      external: provenPsk(source.identity, source),
    };
  });
  if (session !== undefined && isTls13(session.state)) {
    offered.unshift(resumptionPsk(config, session));
  }
  return offered;
}

function isToBeImported({ importContext }: ClientPsk): boolean {
  return importContext !== undefined;
}

/** The hashes of the suites that are offered. */
function hashesOf({ cipherSuites }: ClientConfig): ReadonlySet<string> {
  return new Set(
    cipherSuites.filter(isTls13CipherSuite).map(({ hash }) => hash.name),
  );
}

function resumptionPsk(
  config: ClientConfig,
  session: OfferedSession,
): ResumptionPsk {
  const { ticket, secret, cipherSuite } = session.state;
  const hash = cipherSuite === CipherSuite.TLS_AES_256_GCM_SHA384
    ? sha384
    : sha256;
  return {
    kind: "resumption",
    identity: ticket,
    obfuscatedTicketAge: obfuscatedTicketAge(config, session.state),
    early: new EarlySecret(hash, secret),
    hash,
    session,
    external: undefined,
  };
}

/**
 * A second ClientHello's identities: those that fit the hash, their ages as they
 * are now (RFC 9846 section 4.2.2, "recomputing the "obfuscated_ticket_age"").
 */
export function psksForHash(
  config: ClientConfig,
  psks: readonly OfferedPsk[],
  hash: HashAlgorithm,
): OfferedPsk[] {
  return psks.filter((psk) => psk.hash.name === hash.name)
    .map((psk) =>
      psk.session === undefined ? psk : {
        ...psk,
        obfuscatedTicketAge: obfuscatedTicketAge(config, psk.session.state),
      }
    );
}

/** Section 4.3.11: the age in milliseconds, plus ticket_age_add, mod 2^32. */
function obfuscatedTicketAge(
  config: ClientConfig,
  { createdAt, ticketAgeAdd }: SessionState,
): number {
  const age = Math.max(0, config.now() - createdAt);
  return (age + ticketAgeAdd) % 2 ** 32;
}
