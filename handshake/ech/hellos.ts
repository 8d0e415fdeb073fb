/**
 * The two ClientHellos of a client: which extensions are in which (RFC 9849
 * section 6.1, "Offering ECH").
 *
 * @module
 */

import {
  type CipherSuite,
  isTls13CipherSuite,
} from "../../crypto/suites/cipher_suites.ts";
import { encode } from "../../record/codec.ts";
import { ExtensionType, NameType, ProtocolVersion } from "../../registry.ts";
import { type ClientOffer, finishOffer } from "../common/client_hello.ts";
import type { ClientConfig } from "../common/config.ts";
import type { ClientHello } from "../messages/client_hello.ts";
import { ECHClientHello } from "../messages/ech_client_hello.ts";
import { type Extensions, typesOf } from "../messages/extensions.ts";

/** The ClientHello that is encrypted, and the types that both share. */
export interface InnerOffer {
  readonly offer: ClientOffer;
  /** They stand side by side, and in the same order in both. */
  readonly shared: ReadonlySet<number>;
}

/**
 * Makes ClientHelloInner from the ClientHello that would be sent without ECH:
 * it offers nothing below TLS 1.3.
 */
export function makeInner(
  { cipherSuites }: ClientConfig,
  made: ClientOffer,
): InnerOffer {
  const extensions: Extensions<"ClientHello"> = {
    ...made.hello.extensions,
    encrypted_client_hello: encode(ECHClientHello, "inner"),
  };
  for (const name of NOT_IN_INNER) delete extensions[name];
  const { supported_versions: versions = [] } = extensions;
  extensions.supported_versions = versions.filter((version) =>
    version >= ProtocolVersion["TLSv1.3"]
  );
  const isOnlyTls13 = versions.length === extensions.supported_versions.length;
  const shared = typesOf(extensions).filter((type) =>
    !OWN_OF_EACH.has(type) &&
    (isOnlyTls13 || type !== ExtensionType.supported_versions)
  );
  // A HelloRetryRequest may add a cookie: it has its place.
  const order = [...shared, ExtensionType.cookie];
  const hello: ClientHello = {
    ...made.hello,
    cipherSuites: without(
      made.hello.cipherSuites,
      cipherSuites.filter((suite) => !isTls13CipherSuite(suite)),
    ),
    extensions: { ...extensions, order },
  };
  return {
    offer: finishOffer(hello, made.shares, made.psks, undefined),
    shared: new Set(order),
  };
}

function without(offered: number[], suites: readonly CipherSuite[]): number[] {
  const ids = new Set(suites.map(({ id }) => id));
  return offered.filter((id) => !ids.has(id));
}

/**
 * Whether a server that chooses a suite can prove by a certificate alone that it
 * is the one for public_name: external PSKs are for the server inside.
 */
export function showsCertificate(
  { authentication, keyExchange }: CipherSuite,
): boolean {
  return authentication !== "anon" && !keyExchange.endsWith("PSK");
}

/**
 * Makes ClientHelloOuter from the same ClientHello, but for its extension
 * encrypted_client_hello.
 */
export function makeOuter(
  { random, cipherSuites }: ClientConfig,
  made: ClientOffer,
  { offer, shared }: InnerOffer,
  publicName: Uint8Array,
): ClientHello {
  const extensions: Extensions<"ClientHello"> = {
    ...made.hello.extensions,
    server_name: [{ nameType: NameType.host_name, hostName: publicName }],
    pre_shared_key: greasePsks(random, offer),
    // RFC 7250's are for the server inside: this one shows a certificate.
    server_certificate_type: undefined,
    client_certificate_type: undefined,
    order: [...shared],
  };
  return {
    ...made.hello,
    // "It MUST generate a fresh ClientHelloOuter.random".
    random: random(32),
    cipherSuites: without(
      made.hello.cipherSuites,
      cipherSuites.filter((suite) => !showsCertificate(suite)),
    ),
    extensions,
  };
}

/**
 * The second ClientHelloOuter: what changed in the second ClientHelloInner
 * changes in it.
 */
export function changeOuter(
  { random }: ClientConfig,
  outer: ClientHello,
  inner: ClientOffer,
): ClientHello {
  const { key_share, cookie } = inner.hello.extensions;
  const extensions = {
    ...outer.extensions,
    key_share,
    cookie,
    // RFC 9846 section 4.2.2: not behind a HelloRetryRequest.
    early_data: undefined,
    pre_shared_key: greasePsks(random, inner),
  };
  return { ...outer, extensions };
}

/** Section 6.1.2, "GREASE PSK": as many, as long, and random. */
function greasePsks(
  random: (length: number) => Uint8Array,
  { hello }: ClientOffer,
): Extensions<"ClientHello">["pre_shared_key"] {
  const offered = hello.extensions.pre_shared_key;
  if (offered === undefined) return undefined;
  return {
    identities: offered.identities.map(({ identity }) => ({
      identity: random(identity.length),
      obfuscatedTicketAge: new DataView(random(4).slice().buffer).getUint32(0),
    })),
    binders: offered.binders.map((binder) => random(binder.length)),
  };
}

/** What only TLS 1.2 and below looks at. */
const NOT_IN_INNER = [
  "extended_main_secret",
  "renegotiation_info",
  "ec_point_formats",
  "encrypt_then_mac",
  "session_ticket",
] as const;

/** Extensions that are never the same in both, or must not be known to be. */
const OWN_OF_EACH: ReadonlySet<number> = new Set([
  ExtensionType.server_name,
  ExtensionType.pre_shared_key,
  ExtensionType.encrypted_client_hello,
  ExtensionType.server_certificate_type,
  ExtensionType.client_certificate_type,
]);
