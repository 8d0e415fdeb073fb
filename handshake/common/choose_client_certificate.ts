/**
 * The client's answer to a CertificateRequest of any version: which identity
 * it shows, and what there is to say if the server is not content with it.
 *
 * @module
 */

import { isClientOnly } from "../../crypto/signatures/signature_schemes.ts";
import { toHex } from "../../encoding.ts";
import { nameOf, ProtocolVersion, SignatureScheme } from "../../registry.ts";
import type { Certificate } from "../../x509/certificate/certificate.ts";
import { derContext, DerReader } from "../../x509/asn1/der.ts";
import { DistinguishedName } from "../../x509/certificate/name.ts";
import type { CertificateAnswer } from "../io/certificate_answer.ts";
import type { ClientConfig } from "./config.ts";
import type { CertificateRequestInfo } from "./callback_info.ts";
import type { LocalIdentity } from "./local_identity.ts";
import {
  isIssuedByOneOf,
  isSignedBy,
  mayFallBackTo,
} from "./chain_preference.ts";
import { chooseIdentity, type ChosenIdentity } from "./negotiate.ts";

/** What a server asks for, in the words of no version. */
export interface CertificateWish {
  /** DER of the names of authorities; empty, if any will do. */
  readonly authorities: readonly Uint8Array[];
  /** SignatureSchemes that it accepts. */
  readonly schemes: readonly number[];
  /** SignatureSchemes that it accepts of delegated credentials (RFC 9345). */
  readonly delegated: readonly number[];
  /** SignatureSchemes that it accepts in certificates. */
  readonly certificateSchemes: readonly number[];
  /** The negotiated version. */
  readonly version: number;
  /** Names of ClientCertificateType, up to TLS 1.2. */
  readonly types: readonly string[];
  /** Whether a raw public key is asked for (RFC 7250). */
  readonly rawPublicKey: boolean;
  /** Whether a key, and what it is shown by, is of one of these types. */
  readonly isOfType: (identity: LocalIdentity) => boolean;
  /** It is that of a session that may be offered. */
  readonly resumed: boolean;
}

/** An answer, and what to say of it. */
export interface ClientCertificateChoice {
  readonly chosen: ChosenIdentity | undefined;
  readonly answer: CertificateAnswer;
}

/**
 * Chooses what to show: the callback's choice, or the best of the identities
 * whose key fits. That an authority of the list issued it counts most, but is no
 * condition: the list is what the server recommends to choose from (RFC 9846
 * section 4.5.1.2, "SHOULD"), and servers that name other authorities than those
 * that they accept are many.
 */
export async function chooseClientCertificate(
  config: ClientConfig,
  wish: CertificateWish,
): Promise<ClientCertificateChoice> {
  const { schemes, version, types } = wish;
  const info: CertificateRequestInfo = {
    certificateAuthorities: wish.authorities,
    signatureSchemes: schemes.map((id) => nameOf(SignatureScheme, id)),
    delegatedCredentialSchemes: wish.delegated
      .map((id) => nameOf(SignatureScheme, id)),
    certificateTypes: types,
    rawPublicKey: wish.rawPublicKey,
    version: nameOf(ProtocolVersion, version),
    resumed: wish.resumed,
  };
  const answer = await config.onCertificateRequest?.(info);
  if (answer === null) {
    return none(wish, `"onCertificateRequest" chose to send none`);
  }
  const candidates = answer === undefined
    ? inOrder(mayBeShown(config, wish), wish, new Date(config.now()))
    : [answer];
  const chosen = chooseIdentity(
    candidates,
    mayBeUsed(config, schemes),
    version,
    wish.isOfType,
  );
  if (chosen === undefined) return none(wish, whyNot(candidates));
  return { chosen, answer: { sent: true, note: doubt(chosen, wish) } };
}

/**
 * RFC 9963 section 3: PKCS #1 v1.5 goes into TLS 1.3 only where the server lists
 * it and the client's configuration has it, too.
 */
function mayBeUsed(
  { signatureSchemes }: ClientConfig,
  schemes: readonly number[],
): readonly number[] {
  return schemes.filter((id) =>
    !isClientOnly(id) || signatureSchemes.includes(id)
  );
}

/**
 * RFC 9846 section 4.5.1.2: a client that has no chain that is signed as the
 * server wants may show another one, but not over SHA-1 unasked.
 */
function mayBeShown(
  { identities }: ClientConfig,
  { version, certificateSchemes }: CertificateWish,
): readonly LocalIdentity[] {
  return version < ProtocolVersion["TLSv1.3"]
    ? identities
    : identities.filter((each) => mayFallBackTo(each, certificateSchemes));
}

/** The best first; those alike in the order in which they were given. */
function inOrder(
  identities: readonly LocalIdentity[],
  { authorities, certificateSchemes }: CertificateWish,
  now: Date,
): readonly LocalIdentity[] {
  if (identities.length < 2) return identities;
  // Up to TLS 1.1 servers do not say.
  const accepted = certificateSchemes.length === 0
    ? undefined
    : new Set(certificateSchemes);
  const rank = (identity: LocalIdentity) => {
    const [leaf] = identity.chain;
    return (isSignedBy(identity, accepted) ? 8 : 0) +
      (isIssuedByOneOf(identity, authorities) ? 4 : 0) +
      (leaf && leaf.notBefore <= now && now <= leaf.notAfter ? 2 : 0) +
      (leaf && isForClients(leaf) ? 1 : 0);
  };
  return identities.toSorted((a, b) => rank(b) - rank(a));
}

function isForClients({ extendedKeyUsage }: Certificate): boolean {
  return extendedKeyUsage.length === 0 ||
    extendedKeyUsage.includes("clientAuth") ||
    extendedKeyUsage.includes("anyExtendedKeyUsage");
}

function none(wish: CertificateWish, why: string): ClientCertificateChoice {
  const note = `The server asked for a client certificate${
    asked(wish)
  }, and none was sent: ${why}`;
  return { chosen: undefined, answer: { sent: false, note } };
}

/** Why the server may not want what it gets. */
function doubt(
  { identity }: ChosenIdentity,
  { authorities }: CertificateWish,
): string | undefined {
  if (identity.chain.length === 0) return undefined;
  if (isIssuedByOneOf(identity, authorities)) return undefined;
  const issuer = identity.chain.at(-1)?.issuer;
  return `The server names the authorities ${
    listNames(authorities)
  }, and the certificate that was sent is of "${issuer}"`;
}

function asked({ authorities, schemes, types }: CertificateWish): string {
  const kinds = types.length > 0
    ? types
    : schemes.map((id) => nameOf(SignatureScheme, id));
  const of = authorities.length === 0 ? "" : ` of ${listNames(authorities)}`;
  return `${of} (${list(kinds)})`;
}

function whyNot(identities: readonly LocalIdentity[]): string {
  if (identities.length === 0) return `there is none: give "cert" and "key"`;
  const keys = identities.map(({ chain: [leaf], key, delegation }) =>
    `${leaf === undefined ? "a raw public key" : `"${leaf.subject}"`} (${
      delegation === undefined ? "" : "delegated credential, "
    }${key.publicKey.curve ?? key.publicKey.type})`
  );
  return `${list(keys)} cannot sign so`;
}

function listNames(names: readonly Uint8Array[]): string {
  return list(names.map((name) => `"${readName(name)}"`));
}

function list(texts: readonly string[]): string {
  const shown = texts.slice(0, MAX_LISTED).join(", ");
  const more = texts.length - MAX_LISTED;
  return more > 0 ? `${shown} and ${more} more` : shown;
}

/** What no `Name` can be read from is shown as it came. */
function readName(der: Uint8Array): string {
  try {
    return DistinguishedName.read(DerReader.of(der, NAME), "").toString();
  } catch {
    return `#${toHex(der.subarray(0, 32))}`;
  }
}

const NAME = derContext("the name", "malformed_certificate");

/** How many names a message lists. */
const MAX_LISTED = 5;
