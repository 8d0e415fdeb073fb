import { assertEquals, assertThrows } from "@std/assert";
import {
  contentsOfSerial,
  formatSerial,
} from "../../../x509/certificate/serial_number.ts";

Deno.test("contentsOfSerial() and formatSerial() are the reverse of one another", () => {
  const cases: [text: string, contents: number[]][] = [
    ["0", [0]],
    ["01", [1]],
    ["7F", [0x7f]],
    ["80", [0, 0x80]],
    ["FF", [0, 0xff]],
    ["0100", [1, 0]],
    ["-01", [0xff]],
    ["-80", [0x80]],
    ["-81", [0xff, 0x7f]],
    ["4A5F", [0x4a, 0x5f]],
  ];
  for (const [text, contents] of cases) {
    assertEquals([...contentsOfSerial(text)], contents, text);
    assertEquals(formatSerial(Uint8Array.from(contents)), text);
  }
});

Deno.test("contentsOfSerial() accepts colons, zeros in front and either case", () => {
  for (const text of ["4a:5f", "4A:5F", "004A5F", "4a5f"]) {
    assertEquals([...contentsOfSerial(text)], [0x4a, 0x5f], text);
  }
});

Deno.test("contentsOfSerial() refuses what is not hexadecimal, and what is too long", () => {
  for (
    const text of ["", "-", ":", "4A:", ":4A", "4A::5F", "0x4A", "4G", " 1"]
  ) {
    assertThrows(() => contentsOfSerial(text), TypeError, "not hexadecimal");
  }
  assertEquals(contentsOfSerial("1".repeat(1024)).length, 512);
  assertThrows(() => contentsOfSerial("1".repeat(1025)), TypeError);
});
