/**
 * What a server chooses for a ClientHello of TLS 1.2 or below: a suite, and for
 * it a certificate, a signature scheme, a group (RFC 5246 section 7.4.1.3; RFC
 * 8422 section 5.1; RFC 7919 section 4).
 *
 * @module
 */

import type { CipherSuite } from "../../crypto/suites/cipher_suites.ts";
import {
  dhGroup,
  type FfdheName,
  ffdheParameters,
} from "../../crypto/groups/ffdh.ts";
import { keyStrength } from "../../crypto/signatures/key_strength.ts";
import { suiteAuthentication } from "../../crypto/signatures/key_types.ts";
import {
  namedGroupById,
  namedGroups,
} from "../../crypto/groups/named_groups.ts";
import type { KeyExchangeGroup } from "../../crypto/primitives/provider.ts";
import { refusalOfGroup } from "../../crypto/suites/security_level.ts";
import { signatureSchemeById } from "../../crypto/signatures/signature_schemes.ts";
import { TlsProtocolError } from "../../errors.ts";
import { ECPointFormat, NamedGroup } from "../../registry.ts";
import type { KeyUsage } from "../../x509/certificate/extension_values.ts";
import { byChainWishes } from "../common/chain_preference.ts";
import type { LocalIdentity } from "../common/local_identity.ts";
import type { ClientHello } from "../messages/client_hello.ts";
import {
  certificateTypeOf,
  noCommonType,
  X509_ALONE,
} from "../common/certificate_types.ts";
import {
  chooseCipherSuite,
  chooseIdentity,
  type ChosenIdentity,
} from "../common/negotiate.ts";
import type { ServerHandshake } from "../common/flow.ts";
import { usableSchemes } from "../common/signatures_tls12.ts";
import { belongsTo, canDecrypt, decrypts } from "../common/suites_tls12.ts";
import type { Tls12Profile } from "../common/tls12_profile.ts";

/** What the server chose; what the suite does not use is absent. */
export interface ServerChoiceTls12 {
  readonly suite: CipherSuite;
  /** The certificate to show. */
  readonly identity?: LocalIdentity;
  /** The same certificate, if its key signs the parameters. */
  readonly signer?: ChosenIdentity;
  /** The curve of ECDHE. */
  readonly group?: KeyExchangeGroup;
  /** The group of DHE. */
  readonly dheGroup?: DheGroup;
}

/** A finite field group with its parameters. */
export interface DheGroup {
  readonly group: KeyExchangeGroup;
  /** dh_p, big-endian. */
  readonly prime: Uint8Array;
  /** dh_g, big-endian. */
  readonly generator: Uint8Array;
}

/**
 * Chooses.
 *
 * @throws {TlsProtocolError} `handshake_failure`, if there is nothing in
 * common.
 */
export function chooseTls12(
  given: ServerHandshake,
  profile: Tls12Profile,
): ServerChoiceTls12 {
  const hello = withKnownValues(given.hello);
  const { extensions } = hello;
  // RFC 5246 section 7.4.2, and RFC 9846 section 4.3.3: "TLS 1.2 implementations
  // SHOULD also process" signature_algorithms_cert.
  const identities = byChainWishes(ofOfferedTypes(given), {
    schemes: extensions.signature_algorithms_cert ??
      extensions.signature_algorithms,
    authorities: extensions.certificate_authorities ?? [],
  });
  const config = { ...given.config, identities };
  const hs = { ...given, hello, config };
  checkPointFormats(hello);
  const suites = config.cipherSuites
    .filter((suite) => belongsTo(suite, profile.version));
  const offered = new Set(hello.cipherSuites);
  const common = suites.filter(({ id }) => offered.has(id));
  const results = common.map((suite) => choiceOf(hs, profile, suite));
  const choices = new Map(
    results.filter(isChoice).map((choice) => [choice.suite.id, choice]),
  );
  const obstacles = results.filter(isObstacle);
  if (choices.size === 0 && obstacles.length > 0) throw refusal(obstacles);
  const { id } = chooseCipherSuite(suites, hello.cipherSuites, {
    preferOurs: config.preferServerCipherSuites,
    equal: config.equalCipherSuites,
    usable: (suite) => choices.has(suite.id),
  });
  return choices.get(id) as ServerChoiceTls12; // it is usable
}

/**
 * RFC 7250 section 4.2: the identities of the types that the client accepts. A
 * PSK may do in their place.
 */
function ofOfferedTypes(
  { config, hello: { extensions } }: ServerHandshake,
): readonly LocalIdentity[] {
  const types = extensions.server_certificate_type ?? X509_ALONE;
  const { identities } = config;
  const fitting = identities.filter((identity) =>
    // RFC 9345 section 4.1.1: TLS 1.2 has no delegated credentials.
    identity.delegation === undefined &&
    types.includes(certificateTypeOf(identity))
  );
  if (
    fitting.length === 0 && identities.length > 0 &&
    config.psk?.server === undefined
  ) {
    throw noCommonType(
      extensions.server_certificate_type,
      identities.map(certificateTypeOf),
    );
  }
  return fitting;
}

/**
 * The ClientHello with only the groups and signature schemes that are known
 * here, each once. They are read for every suite, and its lists may have 32,767
 * entries each.
 */
function withKnownValues(hello: ClientHello): ClientHello {
  const { supported_groups, signature_algorithms } = hello.extensions;
  const extensions = { ...hello.extensions };
  if (supported_groups !== undefined) {
    extensions.supported_groups = distinct(supported_groups)
      .filter((id) => isFfdhe(id) || namedGroupById(id) !== undefined);
  }
  if (signature_algorithms !== undefined) {
    extensions.signature_algorithms = distinct(signature_algorithms)
      .filter((id) => signatureSchemeById(id) !== undefined);
  }
  return { ...hello, extensions };
}

function distinct(ids: readonly number[]): number[] {
  return [...new Set(ids)];
}

/** Why a suite that both sides have cannot be used. */
type Obstacle =
  | "no certificate fits it"
  | "no signature scheme is common"
  | "no curve is common"
  | "the certificate's key is on a curve that was not offered"
  | "no finite field group is common"
  | "no PSK is configured"
  | "clientAuth demands a certificate, which it cannot request";

function isObstacle(result: ServerChoiceTls12 | Obstacle): result is Obstacle {
  return typeof result === "string";
}

function isChoice(
  result: ServerChoiceTls12 | Obstacle,
): result is ServerChoiceTls12 {
  return typeof result !== "string";
}

/** The suite that came nearest to success explains most. */
function refusal(obstacles: readonly Obstacle[]): TlsProtocolError {
  const each = new Set(obstacles);
  const code = each.has("no signature scheme is common")
    ? "no_common_signature_scheme"
    : each.has("no curve is common") ||
        each.has("the certificate's key is on a curve that was not offered") ||
        each.has("no finite field group is common")
    ? "no_common_group"
    : "no_common_cipher_suite";
  return new TlsProtocolError(
    // RFC 7919 section 4: if nothing but a group is missing, "the server MUST
    // end the connection with a fatal TLS alert of type
    // insufficient_security(71)".
    each.has("no finite field group is common")
      ? "insufficient_security"
      : "handshake_failure",
    `Cannot agree on a cipher suite: of those in common none can be used, for ${
      [...each].join(", or ")
    }`,
    { code },
  );
}

/** The parameters for a suite, if it can be used with this client. */
function choiceOf(
  hs: ServerHandshake,
  profile: Tls12Profile,
  suite: CipherSuite,
): ServerChoiceTls12 | Obstacle {
  const authentication = authenticationOf(hs, profile, suite);
  const isRefused = typeof authentication === "string";
  const identity = isRefused ? undefined : authentication.identity;
  const keys = keyExchangeOf(hs, suite, identity);
  if (typeof keys === "string") return keys;
  if (isRefused) return authentication;
  return { suite, ...keys, ...authentication };
}

function keyExchangeOf(
  hs: ServerHandshake,
  suite: CipherSuite,
  identity: LocalIdentity | undefined,
): Pick<ServerChoiceTls12, "group" | "dheGroup"> | Obstacle {
  switch (suite.keyExchange) {
    case "ECDHE":
    case "ECDHE_PSK": {
      const group = chooseCurve(hs);
      return group === undefined ? "no curve is common" : { group };
    }
    case "DHE":
    case "DHE_PSK": {
      const dheGroup = chooseDheGroup(hs, identity);
      return dheGroup === undefined
        ? "no finite field group is common"
        : { dheGroup };
    }
    default:
      return {};
  }
}

function authenticationOf(
  hs: ServerHandshake,
  profile: Tls12Profile,
  suite: CipherSuite,
): Pick<ServerChoiceTls12, "identity" | "signer"> | Obstacle {
  const { config, hello } = hs;
  const { keyExchange, authentication } = suite;
  if (keyExchange.endsWith("PSK") && config.psk?.server === undefined) {
    return "no PSK is configured";
  }
  if (
    // RFC 5246 section 7.4.4: an anonymous server must not ask.
    authentication === "anon" &&
    (config.clientAuth === "require" || config.clientAuth === "require-any")
  ) return "clientAuth demands a certificate, which it cannot request";
  if (authentication === "PSK" || authentication === "anon") return {};
  const fitting = config.identities.filter((identity) =>
    decrypts(suite)
      ? canDecrypt(identity) && mayBeUsedFor(identity, "keyEncipherment")
      : suiteAuthentication(identity.key.publicKey) === authentication &&
        mayBeUsedFor(identity, "digitalSignature")
  );
  const [identity] = fitting;
  if (identity === undefined) return "no certificate fits it";
  if (decrypts(suite)) return { identity };
  const offered = fitting.filter((identity) =>
    isOnOfferedCurve(identity, hello)
  );
  if (offered.length === 0) {
    return "the certificate's key is on a curve that was not offered";
  }
  const { signature_algorithms } = hello.extensions;
  const signer = chooseIdentity(
    offered,
    usableSchemes(profile, config, signature_algorithms),
    profile.version,
  );
  return signer === undefined
    ? "no signature scheme is common"
    : { identity: signer.identity, signer };
}

/** RFC 8422 section 5.1: supported_groups counts for this key as well. */
function isOnOfferedCurve(
  { key: { publicKey } }: LocalIdentity,
  { extensions: { supported_groups } }: ClientHello,
): boolean {
  if (publicKey.type !== "ec" || supported_groups === undefined) return true;
  return supported_groups.some((id) =>
    namedGroupById(id)?.name === publicKey.curve
  );
}

/** RFC 5246 section 7.4.2: what the key usage extension must allow. */
function mayBeUsedFor(
  { chain: [leaf] }: LocalIdentity,
  usage: KeyUsage,
): boolean {
  const allowed = leaf?.keyUsage ?? [];
  return allowed.length === 0 || allowed.includes(usage);
}

/**
 * The first of our curves that the client has. A client that lists none may
 * have any (RFC 8422 section 4); in practice that is P-256.
 */
function chooseCurve(
  { config, hello }: ServerHandshake,
): KeyExchangeGroup | undefined {
  const curves = config.groups.filter((group) => group.kind === "ecdh");
  const { supported_groups } = hello.extensions;
  if (supported_groups !== undefined) {
    return curves.find((curve) => supported_groups.includes(curve.id));
  }
  return curves.find((curve) => curve.id === NamedGroup.secp256r1) ??
    curves[0];
}

/**
 * RFC 7919 section 4: of the groups that the client names, the first "at least
 * as strong as the server's public key" if there is one; and none if it names
 * only groups that we do not have. A client that knows nothing of that RFC gets
 * the configured parameters, or the smallest group that the security level
 * allows.
 */
function chooseDheGroup(
  { config, hello }: ServerHandshake,
  identity: LocalIdentity | undefined,
): DheGroup | undefined {
  const { dhParams, security, minDhSize } = config;
  const listed = config.groups.filter((group) => group.kind === "ffdh");
  const ours = (listed.length > 0 ? listed : ALL_DHE_GROUPS).filter((group) =>
    group.bits >= minDhSize && refusalOfGroup(group, security) === undefined
  );
  const offered = (hello.extensions.supported_groups ?? []).filter(isFfdhe);
  if (offered.length === 0 && dhParams !== undefined) {
    return dheGroupOf(dhParams);
  }
  const common = ours.filter(({ id }) => offered.includes(id));
  const wanted = identity === undefined
    ? 0
    : keyStrength(identity.key.publicKey);
  const row = offered.length === 0
    ? ours[0]
    : common.find(({ strength }) => strength >= wanted) ?? common[0];
  // All rows of this kind have these names.
  return row && dheGroupOf(ffdheParameters(row.name as FfdheName));
}

/** RFC 5246 section 8.1.2: public values may come without leading zeros. */
function dheGroupOf(
  { prime, generator }: Pick<DheGroup, "prime" | "generator">,
): DheGroup {
  return { prime, generator, group: dhGroup(prime, generator) };
}

/** RFC 7919 section 2: "between 256 and 511, inclusive", known or not. */
function isFfdhe(group: number): boolean {
  return group >= 0x0100 && group <= 0x01ff;
}

const ALL_DHE_GROUPS = namedGroups.filter((group) => group.kind === "ffdh");

/**
 * RFC 8422 section 5.1.2: a client that has curves and does not have the
 * uncompressed point format.
 */
function checkPointFormats({ extensions }: ClientHello): void {
  const { ec_point_formats, supported_groups } = extensions;
  if (
    ec_point_formats !== undefined && supported_groups !== undefined &&
    !ec_point_formats.includes(ECPointFormat.uncompressed)
  ) {
    throw new TlsProtocolError(
      "illegal_parameter",
      "Cannot accept ClientHello: ec_point_formats lacks uncompressed",
    );
  }
}
