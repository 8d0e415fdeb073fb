import { assertEquals } from "@std/assert";
import { Rc2Key } from "../../../crypto/primitives/rc2.ts";

/** RFC 2268 section 5: effective bits, key, plaintext, ciphertext. */
const VECTORS: [number, string, string, string][] = [
  [63, "0000000000000000", "0000000000000000", "ebb773f993278eff"],
  [64, "ffffffffffffffff", "ffffffffffffffff", "278b27e42e2f0d49"],
  [64, "3000000000000000", "1000000000000001", "30649edf9be7d2c2"],
  [64, "88", "0000000000000000", "61a8a244adacccf0"],
  [64, "88bca90e90875a", "0000000000000000", "6ccf4308974c267f"],
  [
    64,
    "88bca90e90875a7f0f79c384627bafb2",
    "0000000000000000",
    "1a807d272bbe5db1",
  ],
  [
    128,
    "88bca90e90875a7f0f79c384627bafb2",
    "0000000000000000",
    "2269552ab0f85ca6",
  ],
  [
    129,
    "88bca90e90875a7f0f79c384627bafb216f80a6f85920584c42fceb0be255daf1e",
    "0000000000000000",
    "5b78d3a43dfff1f1",
  ],
];

Deno.test("Rc2Key decryptBlock() returns the values of RFC 2268 section 5", () => {
  for (const [bits, key, plaintext, ciphertext] of VECTORS) {
    const rc2 = new Rc2Key(Uint8Array.fromHex(key), bits);
    const decrypted = rc2.decryptBlock(Uint8Array.fromHex(ciphertext));
    assertEquals(decrypted.toHex(), plaintext, `${key} ${bits}`);
  }
});

Deno.test("Rc2Key decryptCbc() chains blocks", () => {
  const rc2 = new Rc2Key(Uint8Array.fromHex("88bca90e90875a"), 64);
  const block = "6ccf4308974c267f";
  const plaintext = rc2.decryptCbc(
    Uint8Array.fromHex("0102030405060708"),
    Uint8Array.fromHex(block + block),
  );
  assertEquals(plaintext.toHex(), "0102030405060708" + block);
});
