import { assertEquals, assertThrows } from "@std/assert";
import {
  alpnProtocols,
  certificateCompression,
  certificateInput,
  generator,
  keyInput,
  oneOf,
  padding,
  passphrase,
} from "../../../connection/options/values.ts";
import {
  sessionIdContext,
  ticketKeys,
} from "../../../connection/options/session_values.ts";

Deno.test("passphrase() takes text, bytes and a function", () => {
  const call = () => "secret";
  for (const value of ["secret", new Uint8Array(3), call]) {
    assertEquals(passphrase(value, "passphrase"), value);
  }
  for (const value of [1, null, [1], {}]) {
    assertThrows(() => passphrase(value, "passphrase"), TypeError, "a string");
  }
});

Deno.test("oneOf() names the values that there are, and the one that came", () => {
  const parse = oneOf("one", "two");
  assertEquals(parse("two", "x"), "two");
  const refuses = (value: unknown, got: string) =>
    assertThrows(
      () => parse(value, "x"),
      TypeError,
      `Cannot use option "x": expected "one", "two", got ${got}`,
    );
  refuses("three", '"three"');
  refuses(3, "a number");
});

Deno.test("sessionIdContext() takes text and bytes, up to 32 bytes", () => {
  const parse = (value: unknown) => sessionIdContext(value, "x");
  assertEquals(parse("é"), Uint8Array.of(0xc3, 0xa9));
  const bytes = new Uint8Array(32);
  const read = parse(bytes);
  assertEquals(read, bytes);
  bytes.fill(1);
  assertEquals(read, new Uint8Array(32), "a copy");
  assertThrows(() => parse(new Uint8Array(33)), RangeError, "got 33");
  assertThrows(() => parse("é".repeat(17)), RangeError, "got 34");
});

// RFC 7301 section 3.1: opaque ProtocolName<1..2^8-1>.
Deno.test("alpnProtocols() takes texts and bytes, 1 to 255 of them", () => {
  const parse = (...value: unknown[]) => alpnProtocols(value, "x");
  const longest = "é".repeat(127) + "x";
  assertEquals(parse("h", longest), ["h", longest]);
  assertEquals(parse(Uint8Array.of(0x68, 0x32)), ["h2"]);
  assertEquals(parse(Uint8Array.of(0x68, 0xff)), ["\udc68\udcff"]);
  assertEquals(parse("\udc68\udcff"), ["\udc68\udcff"]);
  for (
    const wrong of [
      "",
      `${longest}x`,
      7,
      [0x68],
      new Uint8Array(),
      new Uint8Array(256),
      // Neither has a UTF-8, and the last stands for bytes that are "h".
      "\ud800",
      "h\udcff",
      "\udc68",
    ]
  ) {
    assertThrows(() => parse("h2", wrong), TypeError, "1 to 255 bytes");
  }
});

Deno.test("certificateCompression() takes each algorithm once, by name or with methods", () => {
  const parse = (...value: unknown[]) => certificateCompression(value, "x");
  const methods = { compress: () => {}, decompress: () => {} };
  assertEquals(parse("zlib", { ...methods, id: 77 }).map(({ id }) => id), [
    1,
    77,
  ]);
  for (
    const twice of [["zlib", "zlib"], ["zlib", { ...methods, id: 1 }]]
  ) assertThrows(() => parse(...twice), TypeError, "is there twice");
  for (const id of [0, 65_536, 1.5]) {
    assertThrows(() => parse({ ...methods, id }), RangeError, "65535");
  }
  assertThrows(() => parse({ ...methods, id: 65_535 }, 7), TypeError, "zlib");
});

Deno.test("padding() takes numbers from 0 on", () => {
  const zeros = (given: unknown) => padding(() => given, "x")(23, 5);
  for (const given of [0, 1, 500]) assertEquals(zeros(given), given);
  for (const given of [-1, NaN, "1", undefined, null]) {
    assertThrows(() => zeros(given), TypeError, "a number of zeros");
  }
});

Deno.test("generator() takes as many bytes as it asks for", () => {
  const random = (given: unknown) => generator(() => given, "x")(4);
  assertEquals(random(Uint8Array.of(1, 2, 3, 4)), Uint8Array.of(1, 2, 3, 4));
  for (const given of [new Uint8Array(3), new Uint8Array(5), [1, 2, 3, 4], 4]) {
    assertThrows(() => random(given), TypeError, "expected 4 bytes");
  }
});

Deno.test("ticketKeys() takes a list, or what has a method current()", () => {
  const source = { current: () => Promise.resolve([]) };
  assertEquals(ticketKeys(source, "x"), source as never);
  for (const wrong of [{ current: 7 }, {}, null, "current", () => {}]) {
    assertThrows(() => ticketKeys(wrong, "x"), TypeError, "x");
  }
});

Deno.test("certificateInput() and keyInput() take text and bytes as they are", () => {
  for (const value of ["PEM", Uint8Array.of(1)]) {
    assertEquals(certificateInput(value, "x"), value);
    assertEquals(keyInput(value, "x"), value);
  }
  for (const wrong of [7, null, {}]) {
    assertThrows(() => certificateInput(wrong, "x"), TypeError, "x");
    assertThrows(() => keyInput(wrong, "x"), TypeError, "x");
  }
});
