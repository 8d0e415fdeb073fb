/**
 * The trees of fields: whole, named, and never thrown away.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { concat } from "@std/bytes";
import { toHex } from "../../../encoding.ts";
import {
  alertFields,
  MessageDecoder,
  recordHeaderFields,
} from "../../../handshake/fields/decoder.ts";
import { type Field, fieldsOf } from "../../../handshake/fields/fields.ts";
import { fieldLines } from "../../../handshake/fields/lines.ts";
import { meaningOf } from "../../../handshake/fields/meanings.ts";
import {
  observe,
  type Read,
} from "../../../handshake/fields/observed_reader.ts";
import { extensionMeaning } from "../../../handshake/fields/extension_meanings.ts";
import { ImportedIdentity } from "../../../handshake/messages/imported_identity.ts";
import { encode } from "../../../record/codec.ts";
import { CipherSuite } from "../../../registry.ts";
import { samples } from "../messages/_samples.ts";
import { resumed, retried, simple } from "../../vectors/rfc8448_messages.ts";

/** The bytes of the fields that have no parts. */
function leaves(fields: readonly Field[]): Uint8Array[] {
  return fields.flatMap(({ bytes, children }) =>
    children.length === 0 ? [bytes] : leaves(children)
  );
}

/** Checks that all bytes are there in their order, and where each field says. */
function checkWhole(fields: readonly Field[], bytes: Uint8Array): void {
  assertEquals(toHex(concat(leaves(fields))), toHex(bytes));
  for (const { offset, bytes: own, children } of fields) {
    assertEquals(bytes.subarray(offset, offset + own.length), own);
    if (children.length === 0) continue;
    const shifted = children.map((child) => ({
      ...child,
      offset: child.offset - offset,
    }));
    if (shifted.every((child) => child.children.length === 0)) {
      checkWhole(shifted, own);
    }
  }
}

function find(fields: readonly Field[], name: string): Field {
  const all = (fields: readonly Field[]): Field[] =>
    fields.flatMap((field) => [field, ...all(field.children)]);
  const found = all(fields).find((field) => field.name === name);
  assert(found !== undefined, `there is no ${name}`);
  return found;
}

/** The messages of RFC 8448, in the order of their connections. */
const connections = [simple, retried, resumed].map((messages) =>
  Object.entries(messages)
);

Deno.test("MessageDecoder decodes each message of RFC 8448 to its last byte", () => {
  const names: string[] = [];
  for (const messages of connections) {
    const decoder = new MessageDecoder({
      version: 0x0304,
      cipherSuite: 0x1301,
    });
    for (const [, bytes] of messages) {
      const message = decoder.decode(bytes);
      names.push(message.name);
      checkWhole(message.fields, bytes);
      const text = fieldLines(message.fields).join("\n");
      assert(!text.includes("not decoded"), `${message.name}: ${text}`);
    }
  }
  assertEquals(new Set(names).size, 9);
  assert(names.includes("HelloRetryRequest"));
});

Deno.test("MessageDecoder names fields as the RFC does, with values in words", () => {
  const decoder = new MessageDecoder();
  const hello = decoder.decode(simple.clientHello);
  assertEquals([hello.name, hello.section], [
    "ClientHello",
    "RFC 9846 section 4.2.2",
  ]);
  const suites = find(hello.fields, "cipher_suites");
  assertEquals(suites.offset, 39);
  assertEquals(
    suites.value,
    "TLS_AES_128_GCM_SHA256, TLS_CHACHA20_POLY1305_SHA256, TLS_AES_256_GCM_SHA384",
  );
  assertEquals(suites.children.map(({ name }) => name), [
    "length",
    ...Array(3).fill("CipherSuite"),
  ]);
  assertEquals(find(hello.fields, "host_name").value, '"server"');
  assertEquals(find(hello.fields, "supported_versions").value, "TLSv1.3");
  const share = find(hello.fields, "key_share");
  assertEquals(share.section, "RFC 9846 section 4.3.8");
  assertStringIncludes(share.meaning ?? "", "saves a round trip");
  const answer = decoder.decode(simple.serverHello);
  assertEquals(find(answer.fields, "selected_version").value, "TLSv1.3");
  assertEquals(decoder.negotiated?.cipherSuite, 0x1301);
  const { fields } = decoder.decode(simple.certificate);
  assertEquals(find(fields, "cert_data").value, "CN=rsa, issued by CN=rsa");
});

Deno.test("MessageDecoder decodes ClientKeyExchange by the negotiated suite", () => {
  const {
    TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    TLS_PSK_WITH_AES_128_GCM_SHA256,
  } = CipherSuite;
  for (
    const [cipherSuite, body] of [
      [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, [2, 4, 5]],
      [TLS_PSK_WITH_AES_128_GCM_SHA256, [0, 2, 4, 5]],
    ] as const
  ) {
    const decoder = new MessageDecoder({ version: 0x0303, cipherSuite });
    const bytes = Uint8Array.of(16, 0, 0, body.length, ...body);
    const { name, fields } = decoder.decode(bytes);
    assertEquals(name, "ClientKeyExchange");
    checkWhole(fields, bytes);
    assertEquals(leaves(fields).at(-1), Uint8Array.of(4, 5));
  }
});

Deno.test("every field of every codec has a section and a meaning", () => {
  const missing = new Set<string>();
  const check = (reads: readonly Read[]) => {
    for (const { label, items = [] } of reads) {
      const isKnown = meaningOf(label) ?? extensionMeaning(label);
      if (isKnown === undefined && label !== PROBE) missing.add(label);
      check(items);
    }
  };
  let count = 0;
  for (const { codec, values } of samples) {
    // An identity is bytes to TLS: no message says that it is of this form.
    if (codec === ImportedIdentity) continue;
    for (const value of values) {
      const bytes = encode(codec, value);
      const { reads, error } = observe(codec, bytes, PROBE);
      assertEquals(error, undefined);
      check(reads);
      checkWhole(fieldsOf(codec, bytes, PROBE), bytes);
      count++;
    }
  }
  assert(count > 60);
  assertEquals([...missing], []);
});

Deno.test("MessageDecoder shows what it cannot decode, and never throws", () => {
  const messages = connections.flat().map(([, bytes]) => bytes);
  for (const bytes of messages) {
    for (let at = 0; at < bytes.length; at += 7) {
      checkWhole(
        new MessageDecoder().decode(bytes.subarray(0, at)).fields,
        bytes.subarray(0, at),
      );
      const altered = bytes.slice();
      altered[at] = (altered[at] ?? 0) ^ 0x55;
      checkWhole(new MessageDecoder().decode(altered).fields, altered);
    }
  }
  const short = new MessageDecoder().decode(simple.clientHello.subarray(0, 50));
  const left = find(short.fields, "not decoded");
  assertStringIncludes(left.value, "Cannot decode ClientHello.extensions");
  checkWhole(recordHeaderFields(Uint8Array.of(22, 3)), Uint8Array.of(22, 3));
  checkWhole(alertFields(new Uint8Array(5)), new Uint8Array(5));
});

Deno.test("fieldLines() shows tickets by their length alone", () => {
  const decoder = new MessageDecoder({ version: 0x0304, cipherSuite: 0x1301 });
  const { fields } = decoder.decode(simple.newSessionTicket);
  const lines = fieldLines(fields);
  assertEquals(lines, [
    "  ticket_lifetime: 30 s",
    "  ticket_age_add: 4 bytes",
    "  ticket_nonce: 2 bytes",
    "  ticket: 178 bytes",
    "  extensions:",
    "    early_data: 1024 bytes",
  ]);
  const ticket = find(fields, "ticket").bytes.subarray(2);
  const offer = fieldLines(
    new MessageDecoder().decode(resumed.clientHello).fields,
  )
    .join("\n");
  assertStringIncludes(offer, "PskIdentity: 178 bytes, 0xfad6aacb");
  assert(!offer.includes(toHex(ticket.subarray(0, 4))));
});

/** A name that no codec has. */
const PROBE = "probe";

Deno.test("fieldLines() names extensions that have nothing in them", () => {
  const decoder = new MessageDecoder({ version: 0x0304, cipherSuite: 0x1301 });
  // EncryptedExtensions with server_name alone, as most servers send it.
  const { fields } = decoder.decode(
    Uint8Array.of(8, 0, 0, 6, 0, 4, 0, 0, 0, 0),
  );
  assertEquals(fieldLines(fields), ["  extensions:", "    server_name: empty"]);
});

Deno.test("fieldLines() has an end", () => {
  const extensions = Array.from(
    { length: 3000 },
    (_, at) => [0x50 + (at >> 8), at & 0xff, 0, 0],
  ).flat();
  const body = [
    ...[3, 3, ...new Uint8Array(32), 0, 0, 2, 0x13, 1, 1, 0],
    ...[extensions.length >> 8, extensions.length & 0xff],
    ...extensions,
  ];
  const { fields } = new MessageDecoder().decode(
    Uint8Array.of(1, 0, body.length >> 8, body.length & 0xff, ...body),
  );
  const lines = fieldLines(fields);
  assertEquals(lines.length, 1001);
  assertEquals(lines.at(-1), "  … (2006 more lines)");
});
