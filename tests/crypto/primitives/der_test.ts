import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  DerBytes,
  derElement,
  DerError,
  OBJECT_IDENTIFIER,
  SEQUENCE,
} from "../../../crypto/primitives/der.ts";

const OCTETS = 0x04;
const der = (hex: string) => new DerBytes(Uint8Array.fromHex(hex));

Deno.test("derElement() and DerBytes take() agree on every length", () => {
  for (const length of [0, 1, 127, 128, 255, 256, 65535, 65536]) {
    const contents = new Uint8Array(length).fill(7);
    const element = derElement(OCTETS, contents);
    const reader = new DerBytes(element);
    assertEquals(reader.tag, OCTETS);
    assertEquals(reader.take(OCTETS), contents);
    reader.end();
    assertEquals(reader.tag, undefined);
    for (const cut of [1, 2, 3].filter((n) => n < element.length)) {
      const short = new DerBytes(element.subarray(0, -cut));
      assertThrows(() => short.take(OCTETS), DerError);
    }
  }
});

Deno.test("DerBytes refuses lengths that are not in as few bytes as it takes", () => {
  const bad = ["0480", "04817f", "0481", "048200ff", "04830000ff", "0485", ""];
  for (const hex of bad) {
    assertThrows(
      () => der(hex + "00".repeat(300)).take(OCTETS),
      DerError,
      undefined,
      hex,
    );
  }
  assertThrows(() => der("04ff").take(OCTETS), DerError);
  assertThrows(() => der("0484ffffffff").take(OCTETS), DerError);
});

Deno.test("DerBytes unsigned() takes non-negative integers in DER", () => {
  assertEquals(der("020100").unsigned(), Uint8Array.of(0));
  assertEquals(der("02017f").unsigned(), Uint8Array.of(0x7f));
  assertEquals(der("02020080").unsigned(), Uint8Array.of(0x80));
  for (const hex of ["0200", "020180", "0202007f", "02020000", "0303000102"]) {
    assertThrows(() => der(hex).unsigned(), DerError, undefined, hex);
  }
});

Deno.test("DerBytes bitString() takes whole bytes", () => {
  assertEquals(der("03020005").bitString(), Uint8Array.of(5));
  assertEquals(der("030100").bitString(), new Uint8Array());
  assertThrows(() => der("03020405").bitString(), DerError);
  assertThrows(() => der("0300").bitString(), DerError);
});

Deno.test("DerBytes enter() reads what is inside, end() that it is all", () => {
  const sequence = der("30060603550403" + "ff");
  assertThrows(() => der("0403550403").enter(SEQUENCE), DerError);
  assertThrows(() => sequence.enter(SEQUENCE).end(), DerError);
  const inside = der("3005060355040300").enter(SEQUENCE);
  assertEquals(inside.take(OBJECT_IDENTIFIER).toHex(), "550403");
  inside.end();
  assert(inside.tag === undefined);
});
