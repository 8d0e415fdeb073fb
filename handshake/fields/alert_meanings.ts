/**
 * What each alert says (RFC 9846 section 6).
 *
 * @module
 */

import type { AlertName } from "../../registry.ts";

/** What an alert says, in a sentence. */
export function alertMeaning(name: string): string {
  return Object.hasOwn(MEANINGS, name)
    ? MEANINGS[name as AlertName]
    : "An alert that this module does not know.";
}

const MEANINGS: Readonly<Record<AlertName, string>> = {
  close_notify: "The sender will send no more data.",
  unexpected_message: "A message came that does not belong there.",
  bad_record_mac:
    "A record could not be opened: it was altered, or keys differ.",
  decryption_failed: "Not used any more.",
  record_overflow: "A record was too long.",
  decompression_failure: "Not used any more.",
  handshake_failure: "The two sides have too little in common.",
  no_certificate: "Not used any more.",
  bad_certificate: "The certificate is malformed, or a signature is wrong.",
  unsupported_certificate:
    "The certificate is of a kind that is not supported.",
  certificate_revoked: "The certificate was revoked.",
  certificate_expired: "The certificate is not valid now.",
  certificate_unknown: "The certificate is not acceptable for another reason.",
  illegal_parameter: "A field has a value that is not allowed.",
  unknown_ca: "The certificate does not lead to a trusted authority.",
  access_denied: "The certificate is valid, and access is denied.",
  decode_error: "A message is malformed.",
  decrypt_error: "A signature, a Finished or a binder is wrong.",
  export_restriction: "Not used any more.",
  protocol_version: "The offered versions are not supported.",
  insufficient_security: "The other side wants stronger algorithms.",
  internal_error: "The sender failed for a reason of its own.",
  inappropriate_fallback:
    "A client fell back to an older version for no reason.",
  user_canceled: "The sender cancels the handshake.",
  no_renegotiation: "The sender does not renegotiate.",
  missing_extension: "An extension that is needed is not there.",
  unsupported_extension: "An answer came to an extension that was not offered.",
  certificate_unobtainable: "Not used any more.",
  unrecognized_name: "The server has no certificate for that name.",
  bad_certificate_status_response: "The OCSP response is not acceptable.",
  bad_certificate_hash_value: "Not used any more.",
  unknown_psk_identity: "The server does not know the pre-shared key.",
  certificate_required: "The server demands a client certificate.",
  general_error: "An error without a code of its own.",
  no_application_protocol: "The two sides have no protocol in common (ALPN).",
  ech_required: "The client demands Encrypted ClientHello.",
};
