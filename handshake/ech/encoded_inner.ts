/**
 * EncodedClientHelloInner (RFC 9849 section 5.1): the ClientHello that is
 * encrypted, without what ClientHelloOuter has as well.
 *
 * @module
 */

import { TlsProtocolError } from "../../errors.ts";
import { decode, encode } from "../../record/codec.ts";
import {
  ExtensionType,
  HandshakeType,
  nameOf,
  ProtocolVersion,
} from "../../registry.ts";
import {
  ECHClientHello,
  OuterExtensions,
  RawClientHello,
  readEncodedClientHelloInner,
} from "../messages/ech_client_hello.ts";
import { ClientHello } from "../messages/client_hello.ts";
import type { Extension } from "../messages/extensions.ts";
import { encodeMessage } from "../messages/framing.ts";

/** Padding of a name (section 6.1.3). */
export interface NamePadding {
  /** ECHConfigContents.maximum_name_length. */
  readonly maximumNameLength: number;
  /** The length of the name in ClientHelloInner, if it has one. */
  readonly nameLength: number | undefined;
}

/**
 * Encodes a ClientHelloInner.
 *
 * @param raw The message, header included.
 * @param shared The types of the extensions that ClientHelloOuter has as well:
 * they stand side by side, and in the same order in both.
 */
export function encodeInner(
  raw: Uint8Array,
  shared: ReadonlySet<number>,
  padding: NamePadding,
): Uint8Array {
  const hello = decode(RawClientHello, raw.subarray(HEADER_LENGTH), NAME);
  const bytes = encode(RawClientHello, {
    ...hello,
    legacySessionId: new Uint8Array(),
    extensions: referring(hello.extensions, shared),
  });
  const padded = new Uint8Array(paddedLength(bytes.length, padding));
  padded.set(bytes);
  return padded;
}

function referring(
  extensions: readonly Extension[],
  shared: ReadonlySet<number>,
): Extension[] {
  const isShared = ({ extensionType }: Extension) => shared.has(extensionType);
  const at = extensions.findIndex(isShared);
  if (at < 0) return [...extensions];
  const types = extensions.filter(isShared)
    .map(({ extensionType }) => extensionType);
  const own = extensions.filter((extension) => !isShared(extension));
  own.splice(at, 0, {
    extensionType: ExtensionType.ech_outer_extensions,
    extensionData: encode(OuterExtensions, types),
  });
  return own;
}

/** Section 6.1.3: for the name, and then to a multiple of 32 bytes. */
function paddedLength(
  length: number,
  { maximumNameLength, nameLength }: NamePadding,
): number {
  const forName = nameLength === undefined
    ? maximumNameLength + SERVER_NAME_OVERHEAD
    : Math.max(0, maximumNameLength - nameLength);
  return Math.ceil((length + forName) / 32) * 32;
}

/** A ClientHelloInner that was decoded. */
export interface Inner {
  readonly hello: ClientHello;
  /** As the client hashed it, header included. */
  readonly raw: Uint8Array;
}

/**
 * Decodes a ClientHelloInner, and checks that it is one.
 *
 * @param outer The body of ClientHelloOuter.
 * @throws {TlsProtocolError} `illegal_parameter`, if it refers to something that
 * is not there, or is no ClientHelloInner; `decode_error`, if it is malformed.
 */
export function decodeInner(encoded: Uint8Array, outer: Uint8Array): Inner {
  const { hello, padding } = readEncodedClientHelloInner(encoded);
  // Section 5.1: "If any padding byte is non-zero, the server MUST abort the
  // connection with an "illegal_parameter" alert."
  if (padding.some((byte) => byte !== 0)) throw refuse("its padding is not 0");
  if (hello.legacySessionId.length > 0) {
    throw refuse("its legacy_session_id is not empty");
  }
  const outerHello = decode(RawClientHello, outer, "ClientHelloOuter");
  const raw = encodeMessage(HandshakeType.client_hello, RawClientHello, {
    ...hello,
    legacySessionId: outerHello.legacySessionId,
    extensions: resolved(hello.extensions, outerHello.extensions),
  });
  const inner = {
    hello: decode(ClientHello, raw.subarray(HEADER_LENGTH), NAME),
    raw,
  };
  checkInner(inner.hello);
  return inner;
}

/** Appendix B of RFC 9849: in linear time, however many references there are. */
function resolved(
  extensions: readonly Extension[],
  outer: readonly Extension[],
): Extension[] {
  const all: Extension[] = [];
  let at = 0;
  let isSeen = false;
  for (const extension of extensions) {
    if (extension.extensionType !== ExtensionType.ech_outer_extensions) {
      all.push(extension);
      continue;
    }
    if (isSeen) throw refuse("it has ech_outer_extensions twice");
    isSeen = true;
    const types = decode(
      OuterExtensions,
      extension.extensionData,
      "OuterExtensions",
    );
    for (const type of types) {
      // Section 5.1: each is there, once, in the same order, and is not
      // encrypted_client_hello.
      if (type === ExtensionType.encrypted_client_hello) {
        throw refuse("ech_outer_extensions refers to encrypted_client_hello");
      }
      while (at < outer.length && outer[at]?.extensionType !== type) at++;
      const found = outer[at++];
      if (found === undefined) {
        throw refuse(
          `ech_outer_extensions refers to ${
            nameOf(ExtensionType, type)
          }, which ClientHelloOuter does not have at that place`,
        );
      }
      all.push(found);
    }
  }
  return all;
}

/**
 * Section 7.1: it "includes a well-formed "encrypted_client_hello" extension of
 * type inner" and "does not offer TLS 1.2 or below".
 */
export function checkInner(hello: ClientHello): void {
  if (!isInner(hello)) {
    throw refuse("it has no encrypted_client_hello of type inner");
  }
  const { supported_versions } = hello.extensions;
  if (
    supported_versions === undefined ||
    supported_versions.some((version) => version < TLS13)
  ) throw refuse("it offers TLS 1.2 or below");
}

/** Whether a ClientHello has the extension, of type inner. */
export function isInner({ extensions }: ClientHello): boolean {
  const { encrypted_client_hello: ech } = extensions;
  return ech !== undefined &&
    decode(ECHClientHello, ech, "encrypted_client_hello") === "inner";
}

function refuse(why: string): TlsProtocolError {
  return new TlsProtocolError(
    "illegal_parameter",
    `Cannot accept ClientHelloInner: ${why} (RFC 9849)`,
  );
}

const NAME = "ClientHelloInner";

/** Of a handshake message. */
const HEADER_LENGTH = 4;

/** What the extension server_name has besides the name. */
const SERVER_NAME_OVERHEAD = 9;

const TLS13 = ProtocolVersion["TLSv1.3"];
