/**
 * Certificates and keys of a test.
 *
 * @module
 */

import type { ConnectionInfo, IdentityInput, PskInput } from "../../../mod.ts";
import { nameOf, SignatureScheme } from "../../../registry.ts";
import {
  Certificate,
  type Identity,
  PrivateKey,
  type SignatureSchemeName,
  type Signer,
} from "../../../x509/mod.ts";
import { type CredentialFlags, type Flags, NotImplemented } from "./flags.ts";

/** The identities of a connection, in the order of its credentials. */
export interface Credentials {
  /** To choose from: those that were added, then the default one. */
  readonly identities: readonly Identity[];
  /** Staple of the first. */
  readonly ocspResponse: Uint8Array | undefined;
  /** SCTs of the first. */
  readonly signedCertificateTimestamps: readonly Uint8Array[] | undefined;
  /** External PSKs to import, in the order of their credentials. */
  readonly psks: readonly PskInput[];
  /** Those that are only for who asks for their issuer. */
  readonly mustMatchIssuer: ReadonlySet<Identity>;
  /** The place of the credential that was shown; -1 for the default one. */
  placeOf(info: ConnectionInfo): number;
}

/** Reads what the flags name. */
export async function loadCredentials(flags: Flags): Promise<Credentials> {
  const all = [...flags.credentials, flags.defaultCredential];
  const identities: Identity[] = [];
  const psks: PskInput[] = [];
  const mustMatchIssuer = new Set<Identity>();
  const places = new Map<Certificate | Signer | string, number>();
  for (const [index, credential] of all.entries()) {
    const psk = pskOf(credential);
    if (psk !== undefined) {
      psks.push(psk);
      places.set(toText(psk.identity), index);
    }
    if (!credential.has("key-file")) continue;
    const identity = await loadIdentity(credential);
    const credentials = credential.bytes("delegated-credential");
    if (credentials !== undefined) delegated.set(identity, credentials);
    identities.push(identity);
    if (credential.has("must-match-issuer")) {
      if (flags.has("server")) throw new NotImplemented("-must-match-issuer");
      mustMatchIssuer.add(identity);
    }
    if (index < flags.credentials.length) {
      places.set(identity.key, index);
      places.set(identity.chain[0] ?? publicKeyOf(identity).toHex(), index);
    }
  }
  const [first] = all.filter((credential) => credential.has("cert-file"));
  const others = all.filter((credential) => credential !== first);
  if (
    others.some((credential) =>
      credential.has("ocsp-response") ||
      credential.has("signed-cert-timestamps")
    )
  ) throw new NotImplemented("staples of several credentials");
  return {
    identities,
    psks,
    mustMatchIssuer,
    ocspResponse: first?.bytes("ocsp-response"),
    signedCertificateTimestamps: readSctList(
      first?.bytes("signed-cert-timestamps"),
    ),
    placeOf: ({ localCertificate, localRawPublicKey, pskIdentity }) => {
      const shown = localCertificate ?? signedLast ??
        (pskIdentity && toText(pskIdentity)) ?? localRawPublicKey?.toHex() ??
        "";
      return places.get(shown) ?? -1;
    },
  };
}

/** An external PSK that is imported (RFC 9258), if a credential is one. */
function pskOf(flags: CredentialFlags): PskInput | undefined {
  const key = flags.bytes("psk-importer-key");
  const identity = flags.bytes("psk-importer-identity");
  if (key === undefined || identity === undefined) return undefined;
  return {
    identity,
    key,
    hash: flags.has("psk-importer-sha384") ? "SHA-384" : "SHA-256",
    import: { context: flags.bytes("psk-importer-context") },
  };
}

/** An identity of a PSK, to compare. */
export function toText(identity: string | Uint8Array): string {
  return typeof identity === "string"
    ? identity
    : new TextDecoder().decode(identity);
}

function publicKeyOf({ key }: Identity): Uint8Array {
  return key.publicKey.spki;
}

/** An identity as options have it: one without a chain is a raw public key. */
export function inputOf(identity: Identity): IdentityInput {
  const { chain: cert, key } = identity;
  const delegatedCredential = delegated.get(identity);
  if (delegatedCredential) return { cert, key, delegatedCredential };
  return identity.chain.length > 0
    ? identity
    : { rawPublicKey: true, key: identity.key };
}

/** Delegated credentials by their identity. */
const delegated = new WeakMap<Identity, Uint8Array>();

async function loadIdentity(flags: CredentialFlags): Promise<Identity> {
  const chain = flags.has("cert-file")
    ? Certificate.fromPem(readText(flags.text("cert-file")))
    : [];
  const key = await PrivateKey.parse(readText(flags.text("key-file")));
  const prefs = flags.numbers("signing-prefs").map(schemeName);
  if (prefs.length === 0) return { chain, key };
  const signer: Signer = {
    publicKey: key.publicKey,
    schemes: prefs,
    sign(scheme, data) {
      signedLast = signer;
      return key.sign(scheme, data);
    },
  };
  return { chain, key: signer };
}

/** Which of two raw public keys of one key it was: the one that signed. */
let signedLast: Signer | undefined;

/** The certificate that a runner's server is to be verified by. */
export function loadTrust(flags: Flags): Certificate[] {
  const file = flags.text("trust-cert");
  return file ? Certificate.fromPem(readText(file)) : [];
}

/** The chain that a peer is to have shown. */
export function loadChain(file: string): Certificate[] {
  return Certificate.fromPem(readText(file));
}

/**
 * IANA's name of a SignatureScheme.
 *
 * @throws {NotImplemented} If there is no such scheme.
 */
export function schemeName(id: number): SignatureSchemeName {
  const name = nameOf(SignatureScheme, id);
  if (!(name in SignatureScheme)) {
    throw new NotImplemented(`signature scheme ${name}`);
  }
  return name as SignatureSchemeName; // the registry has no other names
}

function readText(path: string | undefined): string {
  if (path === undefined) throw new NotImplemented("a credential without file");
  return Deno.readTextFileSync(path);
}

/** SignedCertificateTimestampList (RFC 6962 section 3.3). */
function readSctList(list: Uint8Array | undefined): Uint8Array[] | undefined {
  if (list === undefined) return undefined;
  const scts: Uint8Array[] = [];
  for (let at = 2; at < list.length;) {
    const length = ((list[at] ?? 0) << 8) | (list[at + 1] ?? 0);
    scts.push(list.slice(at + 2, at + 2 + length));
    at += 2 + length;
  }
  return scts;
}
