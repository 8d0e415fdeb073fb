/**
 * Makes delegated credentials (RFC 9345): the key of a certificate signs another
 * key for a few days.
 *
 * @module
 */

import { copied } from "../../crypto/primitives/bytes.ts";
import { signatureSchemes } from "../../crypto/signatures/signature_schemes.ts";
import { encode } from "../../record/codec.ts";
import { ProtocolVersion } from "../../registry.ts";
import {
  anything,
  checkOptionTypes,
  date,
  type OptionType,
} from "../asn1/known_options.ts";
import { formatPem } from "../asn1/pem.ts";
import type { Certificate } from "../certificate/certificate.ts";
import {
  type Credential,
  DelegatedCredential,
  DELEGATION_USAGE,
  delegationContent,
  type DelegationSide,
} from "../certificate/delegated_credential.ts";
import type { CertificateInput, KeyInput } from "../keys/inputs.ts";
import { parseKeyPair, parseSigner } from "../keys/key_pair.ts";
import { signatureSchemesOf, type Signer } from "../keys/private_key.ts";
import { generateKey } from "./issue.ts";
import type { IssuedKeyType } from "./issue_options.ts";

/** Options of {@linkcode issueDelegatedCredential}. */
export interface DelegatedCredentialOptions {
  /** The certificate that delegates, and perhaps its chain. */
  readonly cert: CertificateInput;
  /** Its private key, which signs the credential. */
  readonly key: KeyInput;
  /** The key to delegate to. @default {a new one of `keyType`} */
  readonly credentialKey?: KeyInput | undefined;
  /** The kind of a new key: any but those of "rsa". @default {"P-256"} */
  readonly keyType?: IssuedKeyType | undefined;
  /**
   * Who may show it: the signature differs, and the other side refuses it.
   *
   * @default {"server"}
   */
  readonly usage?: "server" | "client" | undefined;
  /**
   * When the credential expires: seven days from now at the latest.
   *
   * @default {seven days from now, or the end of the certificate}
   */
  readonly notAfter?: Date | undefined;
}

/** A delegated credential, with its key. */
export interface IssuedDelegatedCredential {
  /** For `delegatedCredential`, beside the certificate. */
  readonly delegatedCredential: Uint8Array<ArrayBuffer>;
  /** For `key`, beside them: PEM of a new key, or the one that was given. */
  readonly key: KeyInput;
  /** When it expires. */
  readonly notAfter: Date;
}

/**
 * Makes a delegated credential for a server or a client (RFC 9345): where the key
 * of the certificate is, for machines where it shall not be. They get the
 * certificate, the credential and its key, and new ones before it expires.
 *
 * The certificate must have the extension DelegationUsage, for which its issuer is
 * asked, and the key usage digitalSignature.
 *
 * @param options The certificate, its key, and what to delegate.
 * @returns The credential and its key.
 * @throws {TypeError} If the certificate does not delegate, or a key cannot sign in
 * TLS 1.3 or for a credential.
 * @throws {RangeError} If it would be valid for more than seven days, expires
 * before now, or after the certificate.
 * @throws {TlsError} `key_mismatch`, if the key is not that of the certificate, and
 * what {@linkcode PrivateKey.parse} throws.
 *
 * @example A server without the key of its certificate
 * ```ts
 * import { client, server } from "@x/tls";
 * import {
 *   issueCertificate,
 *   issueDelegatedCredential,
 *   TrustStore,
 * } from "@x/tls/x509";
 * import { assert } from "@std/assert";
 *
 * // DelegationUsage (RFC 9345 section 4.2): NULL.
 * const usage = { oid: "1.3.6.1.4.1.44363.44", value: Uint8Array.of(5, 0) };
 * const { cert, key } = await issueCertificate({
 *   names: ["a.example"],
 *   extensions: [usage],
 * });
 * const credential = await issueDelegatedCredential({ cert, key });
 *
 * const [up, down] = [new TransformStream(), new TransformStream()];
 * const there = server({ readable: up.readable, writable: down.writable }, {
 *   certificates: [{
 *     cert,
 *     key: credential.key,
 *     delegatedCredential: credential.delegatedCredential,
 *   }],
 * });
 * const here = client({ readable: down.readable, writable: up.writable }, {
 *   serverName: "a.example",
 *   trust: TrustStore.of(cert),
 *   delegatedCredentials: true,
 * });
 * await Promise.all([here.handshake(), there.handshake()]);
 * assert(here.info.delegatedCredentialNotAfter !== undefined);
 * await Promise.all([here.close(), there.close()]);
 * ```
 */
export async function issueDelegatedCredential(
  options: DelegatedCredentialOptions,
): Promise<IssuedDelegatedCredential> {
  checkOptionTypes(CANNOT, options, OPTIONS);
  const { usage = "server" } = options;
  checkSide(usage);
  const credentialKey = copied(options.credentialKey);
  const { chain: [leaf], key: signer } = await parseKeyPair(
    options.cert,
    options.key,
  );
  // parseKeyPair() has found one.
  if (leaf === undefined) throw new TypeError(`${CANNOT}: no certificate`);
  checkUsage(leaf);
  const notAfter = endOf(leaf, options.notAfter);
  const key = credentialKey ??
    formatPem("PRIVATE KEY", await generateKey(options.keyType ?? "P-256"));
  const holder = await parseSigner(key);
  const cred: Credential = {
    // Section 4: "relative to the delegation certificate's notBefore value".
    validTime: (notAfter.getTime() - leaf.notBefore.getTime()) / 1000,
    dcCertVerifyAlgorithm: credentialScheme(holder).id,
    subjectPublicKeyInfo: holder.publicKey.spki,
  };
  const { id: algorithm, name } = schemeOf(signer);
  const content = delegationContent(usage, leaf.raw, cred, algorithm);
  const signature = await signer.sign(name, content);
  const made = encode(DelegatedCredential, { cred, algorithm, signature });
  return { delegatedCredential: new Uint8Array(made), key, notAfter };
}

function checkSide(usage: DelegationSide): void {
  if (usage === "server" || usage === "client") return;
  throw new TypeError(
    `${CANNOT}: expected "usage" to be "server" or "client", got ${usage}`,
  );
}

/** Section 4.2: what the certificate must have. */
function checkUsage({ extensions, keyUsage }: Certificate): void {
  if (!extensions.some(({ oid }) => oid === DELEGATION_USAGE)) {
    throw new TypeError(
      `${CANNOT}: the certificate lacks the DelegationUsage extension (RFC 9345 section 4.2)`,
    );
  }
  if (!keyUsage.includes("digitalSignature")) {
    throw new TypeError(
      `${CANNOT}: the certificate's keyUsage lacks digitalSignature (RFC 9345 section 4.2)`,
    );
  }
}

/** The end of its validity, in whole seconds. */
function endOf(leaf: Certificate, wanted: Date | undefined): Date {
  const now = Date.now();
  const latest = Math.min(now + MAX_VALIDITY, leaf.notAfter.getTime());
  const end = Math.floor((wanted?.getTime() ?? latest) / 1000) * 1000;
  if (end > now && end <= latest) return new Date(end);
  throw new RangeError(
    `${CANNOT}: expected "notAfter" between now and ${
      new Date(latest).toISOString()
    }, seven days from now or the end of the certificate`,
  );
}

/** Section 4: "the public key MUST NOT use the rsaEncryption OID". */
function credentialScheme(holder: Signer) {
  if (holder.publicKey.type !== "rsa") return schemeOf(holder);
  throw new TypeError(
    `${CANNOT}: a key of type rsa may not have one (RFC 9345 section 4)`,
  );
}

/** The scheme that a key signs with in TLS 1.3. */
function schemeOf(signer: Signer) {
  const names = signer.schemes ?? signatureSchemesOf(signer.publicKey);
  const { curve } = signer.publicKey;
  const row = signatureSchemes.find((row) =>
    names.includes(row.name) && !row.clientOnly &&
    row.versions.includes(ProtocolVersion["TLSv1.3"]) &&
    (row.curve === undefined || row.curve === curve)
  );
  if (row !== undefined) return row;
  throw new TypeError(
    `${CANNOT}: a key of type ${signer.publicKey.type} signs nothing in TLS 1.3`,
  );
}

const OPTIONS: Readonly<Record<keyof DelegatedCredentialOptions, OptionType>> =
  {
    cert: anything,
    key: anything,
    credentialKey: anything,
    keyType: anything,
    usage: anything,
    notAfter: date,
  };

const CANNOT = "Cannot issue the delegated credential";

/** RFC 9345 section 4.1.3: seven days, in milliseconds. */
const MAX_VALIDITY = 604_800_000;
