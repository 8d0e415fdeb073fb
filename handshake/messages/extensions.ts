/**
 * The extensions of a message (RFC 9846 section 4.3, "Extensions"), by the one
 * table of all messages. Duplicate, misplaced and unsolicited extensions are
 * refused here, once for all.
 *
 * @module
 */

import { type TlsAlertName, TlsProtocolError } from "../../errors.ts";
import {
  type Codec,
  decode,
  type Decoded,
  LengthPrefix,
  rest,
  struct,
  uint16,
  vector,
  type Writer,
} from "../../record/codec.ts";
import { ExtensionType, nameOf } from "../../registry.ts";
import {
  type Column,
  type ExtensionMessage,
  type ExtensionName,
  extensionName,
  type ExtensionTable,
  isExtensionName,
  rowOf,
} from "./extension_table.ts";

export type { ExtensionMessage };

/** One extension as it is on the wire. */
export interface Extension {
  /** Its number in the registry `ExtensionType`. */
  extensionType: number;
  /** Its value, not decoded. */
  extensionData: Uint8Array;
}

/** What every set of extensions has besides the known ones. */
export interface OtherExtensions {
  /**
   * Extensions that are not in the table, including GREASE (RFC 8701); in a
   * ServerHello also those that belong in no ServerHello.
   */
  unknown?: readonly Extension[] | undefined;
  /**
   * The types in the order in which they came, and in which they are encoded.
   * Those that it does not list follow, in the order of the object's keys.
   */
  order?: readonly number[] | undefined;
}

/** The extensions of a message by their IANA names; each may be absent. */
export type Extensions<M extends ExtensionMessage> =
  & {
    [
      K in ExtensionName as Column<M> & keyof ExtensionTable[K] extends never
        ? never
        : K
    ]?:
      | Decoded<ExtensionTable[K][Column<M> & keyof ExtensionTable[K]]>
      | undefined;
  }
  & OtherExtensions;

/** `Extension extensions<min..max>`: the extensions of a message. */
export function extensions<M extends ExtensionMessage>(
  message: M,
  min = 0,
  max = 2 ** 16 - 1,
): Codec<Extensions<M>> {
  const list = vector(uint16, min, max, Extension);
  const length = new LengthPrefix(uint16.size, min, max);
  return {
    read: (reader) => assemble(message, list.read(reader), reader.name),
    write(writer, value) {
      const start = length.begin(writer);
      disassemble(writer, message, value);
      length.end(writer, start);
    },
  };
}

/**
 * The extensions of a hello, which before TLS 1.3 may end without any: "The
 * presence of extensions can be detected by determining whether there are
 * bytes following the compression_methods at the end of the ClientHello" (RFC
 * 5246 section 7.4.1.2). Without extensions the vector is left out, which also
 * suits old peers that know none; a TLS 1.3 hello always has some.
 */
export function trailingExtensions<M extends ExtensionMessage>(
  message: M,
): Codec<Extensions<M>> {
  const present = extensions(message);
  return {
    read: (reader) =>
      reader.remaining === 0
        ? assemble(message, [], reader.name)
        : present.read(reader),
    write(writer, value) {
      if (typesOf(value).length > 0) present.write(writer, value);
    },
  };
}

/** The types that are present: in wire order for what was received. */
export function typesOf(extensions: OtherExtensions): number[] {
  return ordered(entriesOf(extensions), extensions.order)
    .map((entry) => entry.extensionType);
}

/**
 * Refuses extensions that do not belong in a ServerHello of the version that it
 * selected. The other messages with extensions belong to one version each, so
 * that their codec refuses what is misplaced.
 *
 * @throws {TlsProtocolError} `illegal_parameter`, as RFC 9846 section 4.3 asks
 * for a recognized extension that is not specified for the message.
 */
export function refuseMisplaced(
  extensions: Extensions<"ServerHello">,
  allowed: "TLSv1.3 ServerHello" | "TLSv1.2 ServerHello",
): void {
  const column = allowed === "TLSv1.3 ServerHello"
    ? "ServerHello"
    : "ServerHelloTls12";
  for (const { extensionType } of entriesOf(extensions)) {
    const name = extensionName(extensionType);
    if (name !== undefined && rowOf(name)[column] === undefined) {
      throw misplaced(allowed, name);
    }
  }
}

/**
 * Refuses responses to extensions that we did not send. `offered` has the
 * types of the ClientHello, or of the CertificateRequest for the client's
 * Certificate; a ClientHello with TLS_EMPTY_RENEGOTIATION_INFO_SCSV counts as
 * one with `renegotiation_info` (RFC 5746 section 3.4).
 *
 * An extension that is not in the table is refused even if its type was
 * offered: that was GREASE, which no peer may pick (RFC 8701 section 3.1).
 *
 * @throws {TlsProtocolError} `unsupported_extension`: "Upon receiving such an
 * extension, an endpoint MUST abort the handshake" (RFC 9846 section 4.3; RFC
 * 5246 section 7.4.1.4).
 */
export function refuseUnsolicited(
  offered: Iterable<number>,
  received: OtherExtensions,
  message: ExtensionMessage,
): void {
  const requested = offered instanceof Set
    ? offered as ReadonlySet<unknown> // of numbers, as it is iterated
    : new Set<unknown>(offered);
  for (const { extensionType } of entriesOf(received)) {
    const name = extensionName(extensionType);
    if (name !== undefined && requested.has(extensionType)) continue;
    // "with the exception of the "cookie" extension in the HelloRetryRequest"
    if (name === "cookie" && message === "HelloRetryRequest") continue;
    throw new TlsProtocolError(
      "unsupported_extension",
      `Cannot accept ${message}: extension ${
        nameOf(ExtensionType, extensionType)
      } was not offered`,
    );
  }
}

/** An extension that is present. */
interface Entry {
  readonly extensionType: number;
  /** Its name, if it is in the table. */
  readonly name: ExtensionName | undefined;
  /** As its codec has it; without a name, its extension_data. */
  readonly value: unknown;
}

/** Decodes received extensions, and refuses duplicate and misplaced ones. */
function assemble<M extends ExtensionMessage>(
  message: M,
  received: Extension[],
  field: string,
): Extensions<M> {
  const values: Record<string, unknown> = {};
  const unknown: Extension[] = [];
  const order = new Set<number>();
  for (const extension of received) {
    const { extensionType, extensionData } = extension;
    if (order.has(extensionType)) throw duplicate(message, extensionType);
    order.add(extensionType);
    const name = extensionName(extensionType);
    if (name === undefined) {
      unknown.push(extension);
      continue;
    }
    const codec = codecOf(message, name);
    if (codec === undefined) {
      if (message !== "ServerHello") throw misplaced(message, name);
      // Its version decides about the alert: see `refuseMisplaced`.
      unknown.push(extension);
      continue;
    }
    values[name] = decode(codec, extensionData, `${field}.${name}`);
  }
  refusePskBeforeOthers(message, received);
  values.unknown = unknown;
  values.order = [...order];
  // Each value comes from the codec that its type is derived from.
  return values as Extensions<M>;
}

/** Writes the extensions to send, in the order of sending. */
function disassemble(
  writer: Writer,
  message: ExtensionMessage,
  extensions: OtherExtensions,
): void {
  const sent = ordered(entriesOf(extensions), extensions.order);
  // RFC 9846 section 4.3.11: pre_shared_key "MUST be the last extension in the
  // ClientHello".
  const last = message === "ClientHello"
    ? sent.findIndex((entry) => entry.name === "pre_shared_key")
    : -1;
  if (last >= 0) sent.push(...sent.splice(last, 1));
  for (const entry of sent) writeEntry(writer, message, entry);
}

function writeEntry(
  writer: Writer,
  message: ExtensionMessage,
  { extensionType, name, value }: Entry,
): void {
  const codec = name === undefined ? rest : codecOf(message, name);
  if (codec === undefined) {
    throw new TypeError(`Cannot encode ${message}: ${name} has no place`);
  }
  uint16.write(writer, extensionType);
  const start = dataLength.begin(writer);
  (codec as Codec<unknown>).write(writer, value);
  dataLength.end(writer, start);
}

function entriesOf(extensions: OtherExtensions): Entry[] {
  const entries: Entry[] = [];
  const values = extensions as Readonly<Record<string, unknown>>;
  // Made here or by a codec: they inherit nothing that could be enumerated.
  for (const name in values) {
    const value = values[name];
    if (value === undefined || !isExtensionName(name)) continue;
    entries.push({ extensionType: ExtensionType[name], name, value });
  }
  for (const { extensionType, extensionData } of extensions.unknown ?? []) {
    entries.push({ extensionType, name: undefined, value: extensionData });
  }
  return entries;
}

/** Sorts by the given order; the others follow in their own order. */
function ordered(entries: Entry[], order: readonly number[] = []): Entry[] {
  if (order.length === 0) return entries;
  const ranks = new Map(order.map((type, rank) => [type, rank]));
  const rank = (entry: Entry) => ranks.get(entry.extensionType) ?? order.length;
  return entries.sort((a, b) => rank(a) - rank(b));
}

function codecOf(
  message: ExtensionMessage,
  name: ExtensionName,
): Codec<unknown> | undefined {
  const row = rowOf(name);
  return row[message] ??
    (message === "ServerHello" ? row.ServerHelloTls12 : undefined);
}

/**
 * RFC 9846 section 4.3: "There MUST NOT be more than one extension of the same
 * type in a given extension block", without an alert for it. As BoringSSL, we
 * say `decode_error` in the messages that open a handshake and
 * `illegal_parameter` in the others.
 */
function duplicate(message: ExtensionMessage, type: number): TlsProtocolError {
  const alert: TlsAlertName = duplicateIsDecodeError.has(message)
    ? "decode_error"
    : "illegal_parameter";
  return new TlsProtocolError(
    alert,
    `Cannot decode ${message}: extension ${
      nameOf(ExtensionType, type)
    } is there twice`,
  );
}

/**
 * RFC 9846 section 4.3: "If an implementation receives an extension which it
 * recognizes and which is not specified for the message in which it appears,
 * it MUST abort the handshake with an "illegal_parameter" alert."
 */
function misplaced(message: string, name: string): TlsProtocolError {
  return new TlsProtocolError(
    "illegal_parameter",
    `Cannot accept ${message}: extension ${name} does not belong there`,
  );
}

/**
 * RFC 9846 section 4.3.11: "Servers MUST check that it is the last extension
 * and otherwise fail the handshake with an "illegal_parameter" alert."
 */
function refusePskBeforeOthers(
  message: ExtensionMessage,
  received: Extension[],
): void {
  if (message !== "ClientHello") return;
  const at = received.findIndex((extension) =>
    extension.extensionType === ExtensionType.pre_shared_key
  );
  if (at >= 0 && at < received.length - 1) {
    throw new TlsProtocolError(
      "illegal_parameter",
      "Cannot accept ClientHello: pre_shared_key is not the last extension",
    );
  }
}

/** RFC 9846 section 4.3. */
const Extension: Codec<Extension> = struct("Extension", {
  extensionType: uint16,
  extensionData: vector(uint16, 0, 2 ** 16 - 1),
});

/** That of extension_data. */
const dataLength = new LengthPrefix(uint16.size, 0, 2 ** 16 - 1);

const duplicateIsDecodeError: ReadonlySet<ExtensionMessage> = new Set([
  "ClientHello",
  "ServerHello",
  "EncryptedExtensions",
]);
