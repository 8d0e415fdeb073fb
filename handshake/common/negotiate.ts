/**
 * What the two sides have in common: pure functions, preference lists in,
 * choice out.
 *
 * @module
 */

import type { CipherSuite } from "../../crypto/suites/cipher_suites.ts";
import type { KeyExchangeGroup } from "../../crypto/primitives/provider.ts";
import {
  type SignatureSchemeRow,
  signatureSchemes,
  tls10SignatureSchemes,
} from "../../crypto/signatures/signature_schemes.ts";
import type { PublicKey } from "../../crypto/signatures/public_key.ts";
import { nameOfBytes } from "../../encoding.ts";
import { TlsProtocolError } from "../../errors.ts";
import { nameOf, ProtocolVersion, SignatureScheme } from "../../registry.ts";
import { isOwnKey } from "../../x509/keys/own_keys.ts";
import type { Signer } from "../../x509/keys/private_key.ts";
import type { ServerConfig } from "./config.ts";
import type { ClientHelloInfo } from "./callback_info.ts";
import type { LocalIdentity } from "./local_identity.ts";
import { versionRange, type VersionSet } from "./versions.ts";

/**
 * Chooses the version: the highest that both have (RFC 9846 section 4.3.1).
 *
 * @throws {TlsProtocolError} `protocol_version`, if there is none.
 */
export function chooseVersion(
  offered: readonly number[],
  config: VersionSet,
): number {
  const chosen = config.versions.find((v) => offered.includes(v));
  if (chosen !== undefined) return chosen;
  const names = offered.filter((v) => v in versionNames)
    .map((v) => nameOf(ProtocolVersion, v)).join(", ");
  throw new TlsProtocolError(
    "protocol_version",
    `Cannot agree on a version: the peer offers ${
      names || "none that we know"
    }`,
    {
      code: "no_common_version",
      hint: `Here ${
        versionRange(config)
      } are on: see minVersion, maxVersion and versions`,
    },
  );
}

const versionNames: Readonly<Record<number, string>> = Object.fromEntries(
  Object.entries(ProtocolVersion).map(([name, value]) => [value, name]),
);

/**
 * Chooses the first suite of our list, or of the peer's, that the other list
 * has too and that is `usable`.
 *
 * @throws {TlsProtocolError} `handshake_failure`, if there is none.
 */
export function chooseCipherSuite(
  ours: readonly CipherSuite[],
  offered: readonly number[],
  options: {
    preferOurs: boolean;
    equal: readonly (readonly CipherSuite[])[];
    usable: (suite: CipherSuite) => boolean;
  },
): CipherSuite {
  // Each of the peer's lists is read once: it may have 32,767 entries.
  const offeredIds = new Set(offered);
  const common = ours.filter((suite) =>
    offeredIds.has(suite.id) && options.usable(suite)
  );
  const byId = new Map(common.map((suite) => [suite.id, suite]));
  const theirs = Array.from(offeredIds, (id) => byId.get(id))
    .filter((suite) => suite !== undefined);
  const isChaCha = prefersChaCha20(theirs);
  const [first] = isChaCha
    ? common.toSorted((a, b) => chaChaFirst(a) - chaChaFirst(b))
    : options.preferOurs
    ? common
    : theirs;
  const alike = options.equal.find((suites) => suites.some((s) => s === first));
  const chosen = alike === undefined || isChaCha
    ? first
    : theirs.find((suite) => alike.includes(suite));
  if (chosen === undefined) {
    throw new TlsProtocolError(
      "handshake_failure",
      "Cannot agree on a cipher suite: none of those offered is enabled here",
      {
        code: "no_common_cipher_suite",
        hint: `Here these are on: ${
          ours.map((suite) => suite.name).join(", ")
        }`,
      },
    );
  }
  return chosen;
}

/**
 * A client whose first choice is ChaCha20 has no AES in hardware: that is worth
 * more than our order (BoringSSL's equal-preference groups, OpenSSL's
 * SSL_OP_PRIORITIZE_CHACHA).
 */
function prefersChaCha20([first]: readonly CipherSuite[]): boolean {
  return first !== undefined && chaChaFirst(first) === 0;
}

function chaChaFirst(suite: CipherSuite): number {
  return suite.name.includes("CHACHA20") ? 0 : 1;
}

/** RFC 6066 section 3: whether a server says that it has gone by the name. */
export function acknowledgesName(
  { config, info }: {
    readonly config: ServerConfig;
    readonly info: ClientHelloInfo;
  },
): boolean {
  return config.acknowledgeServerName && info.serverName !== undefined;
}

/** The first of our groups that the peer has too. */
export function chooseGroup(
  ours: readonly KeyExchangeGroup[],
  offered: readonly number[],
): KeyExchangeGroup | undefined {
  const ids = new Set(offered);
  return ours.find((group) => ids.has(group.id));
}

/**
 * Chooses the ALPN protocol (RFC 7301 section 3.2): the first of our protocols
 * that the client offers.
 *
 * @throws {TlsProtocolError} `no_application_protocol`, if none fits.
 */
export function chooseAlpn(
  ours: readonly string[],
  offered: readonly string[],
): string | undefined {
  if (ours.length === 0 || offered.length === 0) return undefined;
  const theirs = new Set(offered);
  const chosen = ours.find((protocol) => theirs.has(protocol));
  if (chosen === undefined) throw noCommonProtocol(ours, offered);
  return chosen;
}

/** RFC 7301 section 3.1: exactly one, of those that were offered. */
export function selectedProtocol(
  offered: readonly string[],
  selected: readonly Uint8Array[] | undefined,
): string | undefined {
  if (selected === undefined) return undefined;
  const names = selected.map(nameOfBytes);
  const [name] = names;
  if (name === undefined || names.length !== 1 || !offered.includes(name)) {
    throw new TlsProtocolError(
      "illegal_parameter",
      `Cannot accept the ALPN protocol ${
        names.join(", ")
      }: exactly one of those offered belongs there`,
    );
  }
  return name;
}

/** RFC 7301 section 3.2: no overlap is a fatal alert. */
export function noCommonProtocol(
  ours: readonly string[],
  offered: readonly string[],
): TlsProtocolError {
  return new TlsProtocolError(
    "no_application_protocol",
    `Cannot agree on an ALPN protocol: the client offers ${
      offered.slice(0, MAX_LISTED).join(", ")
    }${offered.length > MAX_LISTED ? ", …" : ""}, here there is ${
      ours.join(", ") || "none"
    }`,
    { code: "no_common_alpn_protocol" },
  );
}

/**
 * The schemes that a key can sign with in a version, in our order: the
 * signer's, if it says one.
 */
function schemesOfSigner(
  signer: Signer,
  version: number,
): SignatureSchemeRow[] {
  const { schemes } = signer;
  const usable = [...signatureSchemes, ...tls10SignatureSchemes].filter((row) =>
    schemeFitsKey(row, signer.publicKey, version) &&
    (schemes === undefined || schemes.includes(row.name) ||
      (isOwnKey(signer) && signer.canSign(row.name)))
  );
  if (schemes === undefined) return usable;
  const rank = ({ name }: SignatureSchemeRow) =>
    schemes.includes(name) ? schemes.indexOf(name) : schemes.length;
  return usable.sort((a, b) => rank(a) - rank(b));
}

/** What of a public key decides which schemes it fits. */
export type KeyShape = Pick<PublicKey, "type" | "bits" | "curve">;

/**
 * Whether a scheme may sign a handshake of this version with this key: in
 * TLS 1.3 the curve belongs to the scheme, and RSA means PSS (RFC 9846 section
 * 4.3.3); below it the hash alone does (RFC 5246 section 7.4.1.4.1).
 */
export function schemeFitsKey(
  row: SignatureSchemeRow,
  key: KeyShape,
  version: number,
): boolean {
  if (!row.versions.includes(version) || row.keyType !== key.type) return false;
  if (row.curve !== undefined && version >= ProtocolVersion["TLSv1.3"]) {
    if (row.curve !== key.curve) return false;
  }
  // RFC 8017 section 9.1.1: emLen must hold the hash, the salt and two bytes.
  return row.minKeyBits === undefined || key.bits >= row.minKeyBits;
}

/** An identity, and the scheme that it will sign with. */
export interface ChosenIdentity {
  readonly identity: LocalIdentity;
  readonly scheme: number;
}

/**
 * Chooses an identity and scheme: the first identity that the peer's lists
 * admit, with the first of our schemes that the peer has. Not the peer's first:
 * one that still names SHA-1 before SHA-256 gets SHA-256.
 */
export function chooseIdentity(
  identities: readonly LocalIdentity[],
  peerSchemes: readonly number[],
  version: number,
  usable: (identity: LocalIdentity) => boolean = () => true,
): ChosenIdentity | undefined {
  const theirs = new Set(peerSchemes);
  for (const identity of identities) {
    if (!usable(identity)) continue;
    const ours = schemesOfSigner(identity.key, version);
    const { delegation } = identity;
    const scheme = ours.find(({ id }) =>
      delegation === undefined ? theirs.has(id) : id === delegation.scheme
    );
    if (scheme !== undefined) return { identity, scheme: scheme.id };
  }
  return undefined;
}

/**
 * Whether a peer takes the delegated credential of an identity, if it has one:
 * delegated_credential lists what its key may sign with, and signature_algorithms
 * what may have signed it (RFC 9345 sections 4.1.1 and 4.1.2).
 */
export function mayDelegate(
  { delegation }: LocalIdentity,
  config: { readonly now: () => number },
  { delegated, schemes }: {
    readonly delegated: readonly number[];
    readonly schemes: readonly number[];
  },
): boolean {
  if (delegation === undefined) return true;
  const { scheme, algorithm, notBefore, notAfter } = delegation;
  const now = config.now();
  return notBefore <= now && now <= notAfter && delegated.includes(scheme) &&
    schemes.includes(algorithm);
}

/**
 * The schemes that both sides have, in the order of those that were offered.
 */
export function sharedSchemes(
  { signatureSchemes }: { readonly signatureSchemes: readonly number[] },
  offered: readonly number[] = [],
): readonly number[] {
  return offered.filter((scheme) => signatureSchemes.includes(scheme));
}

/** Refuses for want of a scheme, with what would help. */
export function noCommonScheme(
  peerSchemes: readonly number[],
): TlsProtocolError {
  const names = peerSchemes.map((id) => nameOf(SignatureScheme, id)).join(", ");
  return new TlsProtocolError(
    "handshake_failure",
    `Cannot sign the handshake: no certificate here fits what the peer accepts (${names})`,
    { code: "no_common_signature_scheme" },
  );
}

/** How many protocols of a client a message lists. */
const MAX_LISTED = 10;
