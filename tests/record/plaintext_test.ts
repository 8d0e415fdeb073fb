import { assertEquals, assertThrows } from "@std/assert";
import { TlsProtocolError } from "../../errors.ts";
import {
  checkHeader,
  isContentType,
  readHeader,
  writeHeader,
} from "../../record/plaintext.ts";

const RULES = { maxLength: 2 ** 14, version: undefined };

function alertOf(call: () => void): string | undefined {
  return assertThrows(call, TlsProtocolError).alert;
}

Deno.test("readHeader() reads what writeHeader() wrote", () => {
  const into = new Uint8Array(9).fill(0xee);
  const header = { type: 22, version: 0x0301, length: 0x1234 };
  writeHeader(into, 2, header);
  assertEquals(into, Uint8Array.fromHex("eeee1603011234eeee"));
  assertEquals(readHeader(into.subarray(2)), header);
});

Deno.test("checkHeader() refuses all unknown types", () => {
  for (let type = 0; type < 256; type++) {
    const check = () => checkHeader({ type, version: 0x303, length: 1 }, RULES);
    if (isContentType(type)) check();
    else assertEquals(alertOf(check), "unexpected_message");
  }
  assertEquals([19, 20, 21, 22, 23, 24].filter(isContentType), [
    20,
    21,
    22,
    23,
  ]);
});

Deno.test("checkHeader() accepts any minor version until one is negotiated", () => {
  for (const version of [0x0300, 0x0301, 0x0303, 0x0304, 0x03ff]) {
    checkHeader({ type: 22, version, length: 1 }, RULES);
  }
  for (const version of [0x0000, 0x0002, 0x0203, 0x0403, 0x7f1c, 0xfefd]) {
    assertEquals(
      alertOf(() => checkHeader({ type: 22, version, length: 1 }, RULES)),
      "protocol_version",
    );
  }
});

Deno.test("checkHeader() accepts only the negotiated version", () => {
  const rules = { ...RULES, version: 0x0302 };
  checkHeader({ type: 22, version: 0x0302, length: 1 }, rules);
  for (const version of [0x0300, 0x0301, 0x0303, 0x0304]) {
    assertEquals(
      alertOf(() => checkHeader({ type: 22, version, length: 1 }, rules)),
      "protocol_version",
    );
  }
});

Deno.test("checkHeader() has the limit of the protection", () => {
  for (const maxLength of [2 ** 14, 2 ** 14 + 256, 2 ** 14 + 2048]) {
    const rules = { ...RULES, maxLength };
    checkHeader({ type: 23, version: 0x303, length: maxLength }, rules);
    for (const length of [maxLength + 1, 0xffff]) {
      assertEquals(
        alertOf(() => checkHeader({ type: 23, version: 0x303, length }, rules)),
        "record_overflow",
      );
    }
  }
});
