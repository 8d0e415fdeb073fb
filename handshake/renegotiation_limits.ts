/**
 * Whether a peer may renegotiate, and how often (RFC 5246 section 7.4.1.1).
 *
 * @module
 */

import { TlsProtocolError } from "../errors.ts";
import { ProtocolVersion } from "../registry.ts";
import type { RenegotiationOptions } from "./common/after_handshake.ts";
import type {
  ClientConfig,
  HandshakeConfig,
  ServerConfig,
} from "./common/config.ts";
import type { Established, EstablishedTls12 } from "./common/established.ts";

/** The renegotiations that one peer has asked for. */
export class RenegotiationLimits {
  readonly #config: HandshakeConfig;
  /** When they began, in milliseconds. */
  #times: number[] = [];
  /** How many there were. */
  #count = 0;
  #isDisabled = false;

  constructor(config: HandshakeConfig) {
    this.#config = config;
  }

  /** Allows no more. */
  disable(): void {
    this.#isDisabled = true;
  }

  /** Why the peer may have no other handshake; counts it, if it may. */
  objection(established: EstablishedTls12): string | undefined {
    const { renegotiation, renegotiationLimit, renegotiationWindow, now } =
      this.#config;
    if (renegotiation === "never") return NEVER;
    if (this.#isDisabled) return DISABLED;
    const why = obstacle(established);
    if (why !== undefined) return why;
    if (renegotiation === "once" && this.#count > 0) return ONCE;
    const time = now();
    const since = time - renegotiationWindow * 1000;
    this.#times = this.#times.filter((time) => time > since);
    if (this.#times.length >= renegotiationLimit) {
      return `there were ${renegotiationLimit} in ${renegotiationWindow} seconds, which is the "renegotiationLimit" for a "renegotiationWindow"`;
    }
    this.#times.push(time);
    this.#count++;
    return undefined;
  }
}

/**
 * Whether we may ask for a renegotiation ourselves.
 *
 * @throws {TypeError} If not, or not with these options.
 */
export function requirePermission(
  config: ClientConfig | ServerConfig,
  established: EstablishedTls12,
  options: RenegotiationOptions,
): void {
  const why = obstacle(established);
  if (why !== undefined) throw new TypeError(`Cannot renegotiate: ${why}`);
  if (config.side === "client" && options.clientAuth !== undefined) {
    throw new TypeError(
      'Cannot renegotiate: option "clientAuth" is for servers',
    );
  }
  if (verifiesClients(options.clientAuth) && config.trust.trustsNobody) {
    throw new TypeError(
      'Cannot renegotiate: option "clientAuth" verifies clients, which needs option "caCerts", "trust" or "trustedPublicKeys"',
    );
  }
}

function verifiesClients(clientAuth: RenegotiationOptions["clientAuth"]) {
  return clientAuth === "require" || clientAuth === "verify-if-given";
}

/** RFC 9846 section 4.2.2: TLS 1.3 does not renegotiate, and was not offered. */
export function beforeTls13(established: Established): EstablishedTls12 {
  if (established.version !== ProtocolVersion["TLSv1.3"]) return established;
  throw new TlsProtocolError(
    "illegal_parameter",
    "Cannot renegotiate: the server chose TLS 1.3, which was not offered",
  );
}

/** Why a connection can have no other handshake, if it cannot. */
function obstacle(
  { secureRenegotiation, resumed, extendedMasterSecret }: EstablishedTls12,
): string | undefined {
  if (!secureRenegotiation) {
    return "the peer has no renegotiation_info (RFC 5746), without which others could speak in its name";
  }
  // RFC 7627 section 5.4: "the client MUST disable renegotiation", as its
  // verify_data may be that of another connection as well. So do we as server.
  return resumed && !extendedMasterSecret
    ? "the session that was resumed has no extended master secret, without which others could speak in the peer's name (RFC 7627 section 5.4)"
    : undefined;
}

const NEVER =
  'the option "renegotiation" is "never"; "once" or "freely" would allow it';

const ONCE =
  'the option "renegotiation" is "once", and there was one; "freely" would allow more';

const DISABLED = "disableRenegotiation() was called";
