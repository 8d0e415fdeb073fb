import { assertEquals } from "@std/assert";
import { HandshakeIO } from "../../../handshake/io/message_stream.ts";
import type { UntimedEvent } from "../../../handshake/io/events.ts";
import { tls13 } from "../../../handshake/messages/message_kinds.ts";
import { RecordLayer } from "../../../record/layer.ts";
import { ContentType, KeyUpdateRequest } from "../../../registry.ts";

/** What is sent, record by record. */
function recorded() {
  const sent: (readonly [type: number, length: number])[] = [];
  const events: UntimedEvent[] = [];
  const records = new RecordLayer({
    source: { read: () => Promise.resolve(null) },
    sink: { write: () => Promise.resolve() },
  });
  records.writer.write = (type, bytes) => {
    sent.push([type, bytes.length]);
    return undefined;
  };
  const io = new HandshakeIO(records, {
    maxCertificateSize: undefined,
    listener: { onEvent: (event) => void events.push(event) },
  });
  return { io, sent, events };
}

function sendAll(io: HandshakeIO): void {
  io.sendUnhashed(tls13.keyUpdate, {
    requestUpdate: KeyUpdateRequest.update_not_requested,
  });
  io.sendChangeCipherSpec();
  io.sendAlert("warning", "user_canceled");
}

const { alert, change_cipher_spec, handshake } = ContentType;

// RFC 9846 section 6.1: "Each party MUST send a "close_notify" alert before
// closing its write side", behind which nothing is written.
Deno.test("HandshakeIO sends nothing behind close_notify", () => {
  const { io, sent, events } = recorded();
  sendAll(io);
  io.sendAlert("warning", "close_notify");
  const before = events.length;
  sendAll(io);
  io.sendAlert("warning", "close_notify");
  assertEquals(sent, [
    [handshake, 5],
    [change_cipher_spec, 1],
    [alert, 2],
    [alert, 2],
  ]);
  assertEquals(events.length, before);
});
