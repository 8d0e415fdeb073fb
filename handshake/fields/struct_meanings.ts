/**
 * What each field is for in the structs within extensions, and in those of the
 * key exchanges of TLS 1.2 and below.
 *
 * @module
 */

import {
  ECCurveType,
  HpkeAead,
  HpkeKdf,
  NamedGroup,
  NameType,
  SignatureScheme,
} from "../../registry.ts";
import { type Meaning, named, row, secret } from "./meaning.ts";

const ECDHE = "8422 section 5.4";
const DHE = "5246 section 7.4.3";
const PSK = "9846 section 4.3.11";
const ECH = "9849 section 5";

/** Fields by struct and field. */
export const STRUCT_MEANINGS: Readonly<Record<string, Meaning>> = {
  "ServerName.nameType": row(
    "6066 section 3",
    "The kind of name: host names are the only one.",
    NameType,
  ),
  "ServerName.hostName": row(
    "6066 section 3",
    "The server that the client wants.",
    "text",
  ),
  "KeyShareEntry.group": row(
    "9846 section 4.3.8",
    "The group of this share.",
    NamedGroup,
  ),
  "KeyShareEntry.keyExchange": row(
    "9846 section 4.3.8",
    "The sender's public key in that group: both public keys give a secret that only the two sides can compute.",
    "hex",
  ),
  "PskIdentity.identity": secret(row(
    PSK,
    "A ticket of the server, or the name of a key that both sides were given.",
  )),
  "PskIdentity.obfuscatedTicketAge": row(
    PSK,
    "How old the ticket is in milliseconds, hidden by ticket_age_add.",
    "hex",
  ),
  "OfferedPsks.identities": row(PSK, "The keys that the client could use."),
  "OfferedPsks.binders": row(
    PSK,
    "A MAC for each identity, over the ClientHello up to here: it proves that the client has the key.",
    "hex",
  ),
  "OidFilter.certificateExtensionOid": row(
    "9846 section 4.3.5",
    "An extension that the client's certificate must have.",
    "der",
  ),
  "OidFilter.certificateExtensionValues": row(
    "9846 section 4.3.5",
    "The value that it must contain.",
    "der",
  ),
  "OCSPStatusRequest.responderIdList": row(
    "6066 section 8",
    "Responders that the client trusts; none means any.",
    "der",
  ),
  "OCSPStatusRequest.requestExtensions": row(
    "6066 section 8",
    "Extensions of the OCSP request.",
    "der",
  ),
  "ECHClientHello.configId": row(
    ECH,
    "Which of the server's keys was used.",
    "number",
  ),
  "ECHClientHello.enc": row(
    ECH,
    "The client's public key for HPKE: with the server's private key it gives the secret of the payload. Empty behind a HelloRetryRequest.",
    "hex",
  ),
  "ECHClientHello.payload": row(
    ECH,
    "ClientHelloInner, encrypted: the true server name is in it. A GREASE extension has random bytes here.",
    "hex",
  ),
  "HpkeSymmetricCipherSuite.kdfId": row(
    "9849 section 4",
    "How keys are derived.",
    HpkeKdf,
  ),
  "HpkeSymmetricCipherSuite.aeadId": row(
    "9849 section 4",
    "How the payload is encrypted.",
    HpkeAead,
  ),
  "ECHConfig.version": row(
    "9849 section 4",
    "The version of the configuration.",
    { "ECH of RFC 9849": 0xfe0d },
  ),
  "ECHConfig.contents": row(
    "9849 section 4",
    "A public key for the next attempt, and the name to show.",
  ),
  "Credential.validTime": row(
    "9345 section 4",
    "When it ends: seconds from the certificate's notBefore on.",
    "seconds",
  ),
  "Credential.dcCertVerifyAlgorithm": named(
    "dc_cert_verify_algorithm",
    row(
      "9345 section 4",
      "The scheme of the CertificateVerify.",
      SignatureScheme,
    ),
  ),
  "Credential.subjectPublicKeyInfo": named(
    "ASN1_subjectPublicKeyInfo",
    row("9345 section 4", "The public key of the credential.", "der"),
  ),
  "DelegatedCredential.algorithm": row(
    "9345 section 4",
    "The scheme of the signature below.",
    SignatureScheme,
  ),
  "DelegatedCredential.signature": row(
    "9345 section 4",
    "By the certificate's key, over the credential.",
    "hex",
  ),

  "ServerECDHParams.curveType": row(
    ECDHE,
    "Curves have names; other forms are not used any more.",
    ECCurveType,
  ),
  "ServerECDHParams.namedCurve": named(
    "namedcurve",
    row(ECDHE, "The group.", NamedGroup),
  ),
  "ServerECDHParams.point": row(
    ECDHE,
    "The server's public key in that group.",
    "hex",
  ),
  "ServerDHParams.dhP": named("dh_p", row(DHE, "The prime.", "hex")),
  "ServerDHParams.dhG": named("dh_g", row(DHE, "The generator.", "hex")),
  "ServerDHParams.dhYs": named(
    "dh_Ys",
    row(DHE, "The server's public key.", "hex"),
  ),
  "DigitallySigned.algorithm": row(
    "5246 section 4.7",
    "How the signature was made.",
    SignatureScheme,
  ),
  "DigitallySigned.signature": row(
    "5246 section 7.4.3",
    "By the certificate's key, over both randoms and the parameters: they are the server's own, and fresh.",
    "hex",
  ),
  "ServerKeyExchange.pskIdentityHint": row(
    "4279 section 2",
    "Helps the client to choose a key.",
    "text",
  ),
  "EncryptedPreMasterSecret.encryptedPreMasterSecret": secret(row(
    "5246 section 7.4.7.1",
    "The secret itself, encrypted with the server's RSA key: who has that key later can read all of it.",
  )),
  "ClientDiffieHellmanPublic.dhYc": named(
    "dh_Yc",
    row("5246 section 7.4.7.2", "The client's public key.", "hex"),
  ),
  "ClientECDiffieHellmanPublic.ecdhYc": named(
    "ecdh_Yc",
    row("8422 section 5.7", "The client's public key.", "hex"),
  ),
  "ClientKeyExchange.pskIdentity": secret(row(
    "4279 section 2",
    "The name of the key that the client uses.",
  )),
  "ClientKeyExchange.dhYc": named(
    "dh_Yc",
    row("4279 section 3", "The client's public key.", "hex"),
  ),
  "ClientKeyExchange.ecdhYc": named(
    "ecdh_Yc",
    row("5489 section 2", "The client's public key.", "hex"),
  ),
  "ClientKeyExchange.encryptedPreMasterSecret": secret(row(
    "4279 section 4",
    "A secret that is added to the key, encrypted with the server's RSA key.",
  )),
};
