/**
 * What a client-facing server does with a ClientHello (RFC 9849 section 7.1).
 *
 * @module
 */

import { echKeys } from "../connection/options/ech.ts";
import { callObserver } from "../connection/options/hooks.ts";
import { KeepingSource } from "../connection/peek_client_hello.ts";
import { untilAborted } from "../connection/transport/deadline.ts";
import {
  carrierOf,
  type Duplex,
  releasing,
  type Transport,
} from "../connection/transport/transport.ts";
import { randomBytes } from "../crypto/primitives/bytes.ts";
import { TlsProtocolError } from "../errors.ts";
import type { EchKeys } from "../handshake/common/ech_keys.ts";
import { AcceptedEch, openEch, type Opened } from "../handshake/ech/server.ts";
import { HandshakeIO, type Received } from "../handshake/io/message_stream.ts";
import type { ClientHello } from "../handshake/messages/client_hello.ts";
import { tls13 } from "../handshake/messages/message_kinds.ts";
import { clientHelloInfo } from "../handshake/server.ts";
import { RecordLayer } from "../record/layer.ts";
import { others } from "../record/not_tls.ts";
import { ProtocolVersion } from "../registry.ts";
import { forwarded, refuse } from "./forwarded.ts";
import { handshakeRecords, InnerHellos } from "./inner_hellos.ts";
import type {
  OpenClientHelloOptions,
  OpenedClientHello,
} from "./opened_client_hello.ts";

/** Reads the ClientHello, and decrypts it if a key can. */
export async function open(
  duplex: Duplex,
  { keys: given, keyLog, signal }: OpenClientHelloOptions,
): Promise<OpenedClientHello> {
  const keys = await echKeys({ keys: given });
  const transport = carrierOf(duplex);
  try {
    return await untilAborted(signal, () => openFrom(transport, keys, keyLog));
  } catch (error) {
    // What was read is lost, so that nobody can go on with the rest.
    await refuse(transport, error);
    throw error;
  }
}

async function openFrom(
  transport: Transport,
  keys: EchKeys,
  keyLog: OpenClientHelloOptions["keyLog"],
): Promise<OpenedClientHello> {
  const source = new KeepingSource(transport);
  const records = new RecordLayer({ source, sink: NO_SINK });
  records.reader.others = others;
  const io = new HandshakeIO(records, { maxCertificateSize: undefined });
  const received = await io.receive(tls13.clientHello);
  const opened = received.value.extensions.encrypted_client_hello === undefined
    ? undefined
    : await openEch(
      io,
      {
        random: randomBytes,
        keyLog: keyLog && ((line) => callObserver(() => keyLog(line))),
      },
      keys,
      received,
    );
  const remoteAddr = transport.socket?.remoteAddr;
  const infoOf = ({ value, raw }: Received<ClientHello>) =>
    clientHelloInfo(value, raw, remoteAddr);
  const outer = infoOf(received);
  if (!isAccepted(opened)) {
    const module = await releasing.load();
    const { pending } = records.reader.detach();
    const { bytes } = source;
    const duplex = transport.release({ bytes, pending }, module);
    return { ech: opened?.rest.state ?? "none", info: outer, outer, duplex };
  }
  refuseMore(io);
  const { bytes, pending } = records.reader.detach();
  const { received: inner, rest } = opened;
  // RFC 9846 section 5.1: the version of a first ClientHello's record.
  const hello = handshakeRecords(ProtocolVersion.TLSv1, inner.raw);
  const duplex = forwarded(
    transport,
    new InnerHellos(rest),
    { hello, bytes, pending },
  );
  return { ech: "accepted", info: infoOf(inner), outer, duplex };
}

function isAccepted(
  opened: Opened | undefined,
): opened is Opened & { readonly rest: AcceptedEch } {
  return opened?.rest instanceof AcceptedEch;
}

/** RFC 9846 section 5.1: it is the end of a flight, and keys change behind it. */
function refuseMore(io: HandshakeIO): void {
  if (io.buffered() === undefined && !io.hasPartialMessage) return;
  throw new TlsProtocolError(
    "unexpected_message",
    "Cannot accept handshake data behind ClientHello",
  );
}

/** Nothing is answered. */
const NO_SINK = { write: () => Promise.resolve() };
