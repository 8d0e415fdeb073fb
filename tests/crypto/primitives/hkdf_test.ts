import { assertEquals, assertThrows } from "@std/assert";
import { sha256, sha384 } from "../../../crypto/primitives/hash.ts";
import {
  hkdfExpand,
  hkdfExpandLabel,
  hkdfExtract,
} from "../../../crypto/primitives/hkdf.ts";
import { hex, label, wycheproof } from "../_wycheproof.ts";

// RFC 5869 appendix A.1 to A.3: the cases of SHA-256.
const RFC5869 = [
  {
    ikm: "0b".repeat(22),
    salt: "000102030405060708090a0b0c",
    info: "f0f1f2f3f4f5f6f7f8f9",
    prk: "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
    okm: "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf" +
      "34007208d5b887185865",
  },
  {
    ikm: range(0x00, 0x50),
    salt: range(0x60, 0xb0),
    info: range(0xb0, 0x100),
    prk: "06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244",
    okm: "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c" +
      "59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71" +
      "cc30c58179ec3e87c14c01d5c1f3434f1d87",
  },
  {
    ikm: "0b".repeat(22),
    salt: "",
    info: "",
    prk: "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04",
    okm: "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d" +
      "9d201395faa4b61a96c8",
  },
];

for (const [index, { ikm, salt, info, prk, okm }] of RFC5869.entries()) {
  Deno.test(`hkdfExtract(), hkdfExpand() match RFC 5869 A.${index + 1}`, () => {
    const bytes = (text: string) => Uint8Array.fromHex(text);
    const key = hkdfExtract(sha256, bytes(salt), bytes(ikm));
    assertEquals(key.toHex(), prk);
    for (const form of [key, sha256.hmacKey(key)]) {
      assertEquals(
        hkdfExpand(sha256, form, bytes(info), okm.length / 2).toHex(),
        okm,
      );
    }
  });
}

for (const hash of [sha256, sha384]) {
  const file = `hkdf_${hash.name.replace("-", "").toLowerCase()}_test.json`;
  wycheproof(`${hash.name} hkdfExpand()`, file, (groups) => {
    for (const group of groups) {
      for (const test of group.tests) {
        const okm = () =>
          hkdfExpand(
            hash,
            hkdfExtract(hash, hex(test, "salt"), hex(test, "ikm")),
            hex(test, "info"),
            Number(test.size),
          );
        if (test.result === "valid") {
          assertEquals(okm().toHex(), test.okm, label(test));
        } else assertThrows(okm, RangeError, undefined, label(test));
      }
    }
  });
}

Deno.test("hkdfExpandLabel() refuses what HkdfLabel cannot hold", () => {
  const secret = new Uint8Array(32);
  const empty = new Uint8Array();
  const expand = (label: string, context: Uint8Array, length: number) =>
    hkdfExpandLabel(sha256, secret, label, context, length);
  assertEquals(expand("x".repeat(249), new Uint8Array(255), 8160).length, 8160);
  assertEquals(expand("x", empty, 0).length, 0);
  assertThrows(() => expand("", empty, 32), RangeError);
  assertThrows(() => expand("x".repeat(250), empty, 32), RangeError);
  assertThrows(() => expand("x", new Uint8Array(256), 32), RangeError);
  assertThrows(() => expand("x", empty, 8161), RangeError);
  assertThrows(() => expand("x", empty, -1), RangeError);
  assertThrows(() => expand("x", empty, 1.5), RangeError);
});

function range(from: number, to: number): string {
  return Uint8Array.from({ length: to - from }, (_, at) => from + at).toHex();
}
