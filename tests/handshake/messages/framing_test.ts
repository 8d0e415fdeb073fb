import {
  assertEquals,
  assertGreaterOrEqual,
  assertLess,
  assertNotEquals,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { type TlsAlertName, TlsProtocolError } from "../../../errors.ts";
import {
  DEFAULT_MAX_CERTIFICATE_SIZE,
  frameMessage,
  MAX_CLIENT_HELLO_SIZE,
  MAX_MESSAGE_SIZE,
  MAX_TICKET_MESSAGE_SIZE,
  MessageAssembler,
} from "../../../handshake/messages/framing.ts";
import { HandshakeType } from "../../../registry.ts";

const { certificate, client_hello, finished, key_update } = HandshakeType;

function header(type: number, length: number): Uint8Array {
  return Uint8Array.of(type, length >> 16, length >> 8, length);
}

function pushed(...fragments: Uint8Array[]): MessageAssembler {
  const assembler = new MessageAssembler();
  for (const fragment of fragments) assembler.push(fragment);
  return assembler;
}

function assertAlert(alert: TlsAlertName, call: () => unknown): void {
  assertEquals(assertThrows(call, TlsProtocolError).alert, alert);
}

Deno.test("frameMessage() puts type and length before the body", () => {
  assertEquals(frameMessage(20, Uint8Array.of(7, 8)).toHex(), "140000020708");
  assertEquals(frameMessage(5, new Uint8Array()).toHex(), "05000000");
  assertEquals(
    frameMessage(254, new Uint8Array(0x012345)).subarray(0, 4).toHex(),
    "fe012345",
  );
});

Deno.test("frameMessage() refuses a body of 2^24 bytes", () => {
  assertThrows(() => frameMessage(11, new Uint8Array(2 ** 24)), RangeError);
});

Deno.test("MessageAssembler returns type, body and raw bytes", () => {
  const raw = frameMessage(finished, Uint8Array.of(1, 2, 3));
  const assembler = pushed(raw);
  assertEquals(assembler.take(), {
    type: finished,
    body: Uint8Array.of(1, 2, 3),
    raw,
  });
  assertEquals(assembler.take(), undefined);
  assertEquals(assembler.hasPartial, false);
});

Deno.test("MessageAssembler returns several messages of one fragment", () => {
  const first = frameMessage(finished, Uint8Array.of(1));
  const second = frameMessage(key_update, Uint8Array.of(0));
  const assembler = pushed(Uint8Array.of(...first, ...second, 20, 0));
  assertEquals(assembler.take()?.raw, first);
  assertEquals(assembler.hasPartial, true);
  assertEquals(assembler.take()?.raw, second);
  assertEquals(assembler.take(), undefined);
  assertEquals(assembler.hasPartial, true);
  assembler.push(Uint8Array.of(0, 1));
  assertEquals(assembler.take(), undefined);
  assembler.push(Uint8Array.of(9));
  assertEquals(assembler.take()?.raw.toHex(), "1400000109");
  assertEquals(assembler.hasPartial, false);
});

Deno.test("MessageAssembler peek() leaves the message the next", () => {
  const assembler = pushed(frameMessage(finished, Uint8Array.of(1)));
  const message = assembler.peek();
  assertNotEquals(message, undefined);
  assertStrictEquals(assembler.peek(), message);
  assertEquals(assembler.hasPartial, true);
  assembler.push(frameMessage(key_update, Uint8Array.of(1)));
  assertStrictEquals(assembler.take(), message);
  assertEquals(assembler.take()?.type, key_update);
  assertEquals(assembler.peek(), undefined);
});

Deno.test("MessageAssembler joins a message cut anywhere", () => {
  const messages = [
    frameMessage(client_hello, new Uint8Array(40).fill(1)),
    frameMessage(HandshakeType.server_hello_done, new Uint8Array()),
    frameMessage(certificate, new Uint8Array(300).fill(2)),
  ];
  const stream = Uint8Array.from(messages.flatMap((bytes) => [...bytes]));
  for (let size = 1; size <= stream.length; size++) {
    const assembler = new MessageAssembler();
    const given: Uint8Array[] = [];
    for (let at = 0; at < stream.length; at += size) {
      assembler.push(stream.subarray(at, at + size));
      for (let next; (next = assembler.take()) !== undefined;) {
        given.push(next.raw);
      }
    }
    assertEquals(given, messages, `fragments of ${size} bytes`);
    assertEquals(assembler.hasPartial, false);
  }
});

Deno.test("MessageAssembler joins the largest message byte by byte", () => {
  const body = Uint8Array.from(
    { length: DEFAULT_MAX_CERTIFICATE_SIZE },
    (_, at) => at % 251,
  );
  const raw = frameMessage(certificate, body);
  const assembler = new MessageAssembler();
  for (let at = 0; at < raw.length; at++) {
    assertEquals(assembler.peek(), undefined);
    assembler.push(raw.subarray(at, at + 1));
  }
  assertEquals(assembler.take()?.body, body);
});

/** How many bytes `work` copies with `TypedArray.prototype.set`. */
function countCopied(work: () => void): number {
  const { set } = Uint8Array.prototype;
  let copied = 0;
  Uint8Array.prototype.set = function (source, offset) {
    copied += source.length;
    set.call(this, source, offset);
  };
  try {
    work();
  } finally {
    Reflect.deleteProperty(Uint8Array.prototype, "set");
  }
  return copied;
}

Deno.test("MessageAssembler copies in proportion to what comes", () => {
  const raw = frameMessage(certificate, new Uint8Array(2 ** 16));
  const copied = countCopied(() => {
    const assembler = new MessageAssembler();
    for (let at = 0; at < raw.length; at++) {
      assembler.push(raw.subarray(at, at + 1));
    }
    assertEquals(assembler.take()?.raw.length, raw.length);
  });
  assertGreaterOrEqual(copied, raw.length);
  assertLess(copied, 4 * raw.length);
});

Deno.test("MessageAssembler does not change a returned message when more comes", () => {
  const fragment = frameMessage(finished, Uint8Array.of(1, 2, 3));
  const assembler = pushed(fragment);
  fragment.fill(0);
  const first = assembler.take();
  for (let count = 0; count < 100; count++) {
    assembler.push(frameMessage(finished, new Uint8Array(40).fill(0xff)));
  }
  while (assembler.take() !== undefined);
  assertEquals(first?.raw.toHex(), "14000003010203");
});

Deno.test("MessageAssembler refuses an unknown type at its header", () => {
  const valid = frameMessage(finished, Uint8Array.of(1));
  const assembler = pushed(Uint8Array.of(...valid, ...header(99, 1000)));
  assertEquals(assembler.take()?.raw, valid);
  assertAlert("unexpected_message", () => assembler.peek());
});

Deno.test("MessageAssembler refuses a message over the limit at its header", () => {
  const limits: [type: number, most: number, alert: TlsAlertName][] = [
    [client_hello, MAX_CLIENT_HELLO_SIZE, "decode_error"],
    [finished, MAX_MESSAGE_SIZE, "decode_error"],
    [key_update, MAX_MESSAGE_SIZE, "decode_error"],
    [HandshakeType.end_of_early_data, MAX_MESSAGE_SIZE, "decode_error"],
    [HandshakeType.new_session_ticket, MAX_TICKET_MESSAGE_SIZE, "decode_error"],
    [certificate, DEFAULT_MAX_CERTIFICATE_SIZE, "illegal_parameter"],
    [
      HandshakeType.compressed_certificate,
      DEFAULT_MAX_CERTIFICATE_SIZE,
      "illegal_parameter",
    ],
    [
      HandshakeType.certificate_request,
      DEFAULT_MAX_CERTIFICATE_SIZE,
      "illegal_parameter",
    ],
  ];
  for (const [type, most, alert] of limits) {
    assertEquals(pushed(header(type, most)).peek(), undefined);
    assertAlert(alert, () => pushed(header(type, most + 1)).peek());
    assertAlert(alert, () => pushed(header(type, 2 ** 24 - 1)).peek());
  }
});

Deno.test("MessageAssembler takes the limit of certificates from its options", () => {
  const assembler = new MessageAssembler({ maxCertificateSize: 10 });
  assembler.push(frameMessage(certificate, new Uint8Array(10)));
  assertEquals(assembler.take()?.body.length, 10);
  assembler.push(header(certificate, 11));
  assertAlert("illegal_parameter", () => assembler.peek());
});

Deno.test("MAX_CLIENT_HELLO_SIZE is the largest that its fields allow", () => {
  // legacy_version, random, legacy_session_id, cipher_suites,
  // legacy_compression_methods, extensions.
  assertEquals(MAX_CLIENT_HELLO_SIZE, 2 + 32 + 33 + 65536 + 256 + 65537);
});
