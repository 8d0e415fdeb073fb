/**
 * Certificates together with an external PSK (RFC 9973): the PSK goes into the key
 * schedule, and authenticates nobody.
 *
 * @module
 */

import { TlsProtocolError } from "../../errors.ts";
import { ExtensionType, PskKeyExchangeMode } from "../../registry.ts";
import type { ClientHandshake, ServerHandshake } from "../common/flow.ts";
import type { ServerHello } from "../messages/server_hello.ts";
import type { AcceptedPsk } from "./server_psk.ts";

/**
 * Whether a ServerHello has certificates follow although it selects a PSK.
 *
 * @throws {TlsProtocolError} `missing_extension`, if it has the one extension
 * without the other, or not what this client requires.
 */
export function acceptsCertificates(
  { config, offer }: ClientHandshake,
  { extensions }: ServerHello,
): boolean {
  const isSelected = extensions.pre_shared_key !== undefined;
  const isAccepted = extensions.tls_cert_with_extern_psk === true;
  if (!offer.extensionTypes.has(ExtensionType.tls_cert_with_extern_psk)) {
    return false;
  }
  // RFC 9973 section 4: it "MUST be accompanied by the "key_share" and
  // "pre_shared_key" extensions".
  if (isAccepted && !isSelected) {
    throw refusal("it has tls_cert_with_extern_psk without pre_shared_key");
  }
  // Section 7: "the external PSK MUST NOT be the sole basis for authentication".
  if (isSelected && !isAccepted) {
    throw refusal("it selects a PSK without tls_cert_with_extern_psk");
  }
  if (!isAccepted && config.certificateWithPsk === "require") {
    throw refusal(
      'it lacks tls_cert_with_extern_psk, which certificateWithPsk: "require" demands',
    );
  }
  return isAccepted;
}

function refusal(why: string): TlsProtocolError {
  return new TlsProtocolError(
    "missing_extension",
    `Cannot accept ServerHello: ${why} (RFC 9973)`,
  );
}

/**
 * What a ClientHello with the extension must be, and a second one as well.
 *
 * @throws {TlsProtocolError} `missing_extension` or `illegal_parameter`.
 */
export function checkOffer({ hello: { extensions } }: ServerHandshake): void {
  const { pre_shared_key, psk_key_exchange_modes: modes } = extensions;
  if (!extensions.tls_cert_with_extern_psk) return;
  // RFC 9973 section 4: it "MUST be accompanied by the "key_share",
  // "psk_key_exchange_modes", and "pre_shared_key" extensions"; the first of them
  // is asked for in every ClientHello.
  if (pre_shared_key === undefined || modes === undefined) {
    throw new TlsProtocolError(
      "missing_extension",
      `Cannot accept ClientHello: it has tls_cert_with_extern_psk without ${
        modes === undefined ? "psk_key_exchange_modes" : "pre_shared_key"
      }`,
    );
  }
  // Section 4: "the server MUST terminate the connection with an
  // "illegal_parameter" alert" where there is early_data as well; section 5.1:
  // "clients MUST include psk_dhe_ke mode".
  const wrong = extensions.early_data !== undefined
    ? "with early_data"
    : modes.includes(PskKeyExchangeMode.psk_dhe_ke)
    ? undefined
    : "without psk_dhe_ke";
  if (wrong === undefined) return;
  throw new TlsProtocolError(
    "illegal_parameter",
    `Cannot accept ClientHello: it has tls_cert_with_extern_psk ${wrong} (RFC 9973)`,
  );
}

/**
 * Whether certificates follow although a PSK was accepted.
 *
 * @throws {TlsProtocolError} `handshake_failure`, if this server requires it.
 */
export function certificatesFollow(
  { config, hello }: ServerHandshake,
  psk: AcceptedPsk | undefined,
): boolean {
  const follow = psk !== undefined && psk.session === undefined &&
    hello.extensions.tls_cert_with_extern_psk === true;
  if (
    !follow && psk?.session === undefined &&
    config.certificateWithPsk === "require"
  ) {
    throw new TlsProtocolError(
      "handshake_failure",
      'Cannot accept ClientHello: it offers no pre-shared key that is known here together with certificates, which certificateWithPsk: "require" demands (RFC 9973)',
    );
  }
  return follow;
}
