import { assertEquals } from "@std/assert";
import {
  bytesOfName,
  decodeBase64,
  decodeBase64Url,
  encodeBase64,
  encodeBase64Url,
  nameOfBytes,
  toHex,
} from "../encoding.ts";

const ALL = Uint8Array.from({ length: 256 }, (_, at) => at);

Deno.test("decodeBase64() refuses what is not base64", () => {
  for (let length = 0; length < 70; length++) {
    const bytes = ALL.subarray(0, length);
    assertEquals(decodeBase64(encodeBase64(bytes)), new Uint8Array(bytes));
  }
  const long = new Uint8Array(20_000).fill(7);
  assertEquals(decodeBase64(encodeBase64(long)), long);
  for (
    const text of ["A", "AA", "AAA", "A===", "AA=A", "AA A", "A-_A", "=AAA"]
  ) {
    assertEquals(decodeBase64(text), undefined);
  }
});

Deno.test("base64url has its own alphabet, and padding is optional", () => {
  for (let length = 0; length < 70; length++) {
    const bytes = ALL.slice(256 - length);
    const text = encodeBase64Url(bytes);
    assertEquals(
      text,
      bytes.toBase64({ alphabet: "base64url", omitPadding: true }),
    );
    assertEquals(decodeBase64Url(text), bytes);
    const padded = bytes.toBase64({ alphabet: "base64url" });
    assertEquals(decodeBase64Url(padded), bytes);
  }
  for (const text of ["A", "A+/A", "AA A", "A=A=", "AAAAA"]) {
    assertEquals(decodeBase64Url(text), undefined, text);
  }
});

Deno.test("encodings are the same without the runtime's own methods", () => {
  const { toHex: native } = Uint8Array.prototype;
  const expected = ALL.toHex();
  assertEquals(toHex(ALL), expected);
  Reflect.deleteProperty(Uint8Array.prototype, "toHex");
  try {
    assertEquals(toHex(ALL), expected);
    assertEquals(toHex(new Uint8Array()), "");
  } finally {
    Object.defineProperty(Uint8Array.prototype, "toHex", {
      value: native,
      configurable: true,
      writable: true,
    });
  }
});

Deno.test("nameOfBytes() gives each byte string a string of its own", () => {
  const all: Uint8Array[] = [ALL, new Uint8Array()];
  for (const byte of ALL) all.push(Uint8Array.of(byte), Uint8Array.of(9, byte));
  // A byte order mark; half of a surrogate pair, which is not UTF-8.
  all.push(Uint8Array.of(0xef, 0xbb, 0xbf), Uint8Array.of(0xed, 0xb3, 0xbf));
  const names = all.map(nameOfBytes);
  assertEquals(names.map(bytesOfName), all);
  assertEquals(new Set(names).size, all.length);
  assertEquals(nameOfBytes(Uint8Array.of(0x68, 0xc3, 0xa9)), "hé");
});
