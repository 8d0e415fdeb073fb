import { assertEquals, assertRejects } from "@std/assert";
import {
  askPassphrase,
  type Passphrase,
} from "../../../x509/keys/passphrase.ts";

for (
  const [name, given, pkcs12] of [
    ["text", "é", [0, 0xe9, 0, 0]],
    ["UTF-8", Uint8Array.of(0xc3, 0xa9), [0, 0xe9, 0, 0]],
    ["bytes that are no UTF-8, as Latin-1", Uint8Array.of(0xe9), [
      0,
      0xe9,
      0,
      0,
    ]],
    ["a byte order mark as it stands", Uint8Array.of(0xef, 0xbb, 0xbf), [
      0xfe,
      0xff,
      0,
      0,
    ]],
  ] as const
) {
  Deno.test(`askPassphrase() takes ${name}`, async () => {
    for (const passphrase of [given, () => given]) {
      const known = await askPassphrase(passphrase);
      assertEquals(
        known?.bytes,
        typeof given === "string" ? new TextEncoder().encode(given) : given,
      );
      assertEquals([...known?.pkcs12 ?? []], [...pkcs12]);
    }
  });
}

Deno.test("askPassphrase() refuses what is neither text nor bytes", async () => {
  assertEquals(await askPassphrase(undefined), undefined);
  assertEquals(await askPassphrase(() => undefined), undefined);
  // A program without types may give anything.
  const wrong = (() => 7) as unknown as Passphrase;
  await assertRejects(() => askPassphrase(wrong), TypeError, "got number");
});
