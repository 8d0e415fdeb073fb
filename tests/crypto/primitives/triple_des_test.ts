import { assertEquals, assertThrows } from "@std/assert";
import { tripleDesCbc } from "../../../crypto/primitives/triple_des.ts";

Deno.test("tripleDesCbc returns the CBC example of FIPS 81 with equal keys", async () => {
  const key = await tripleDesCbc.importKey(
    Uint8Array.fromHex("0123456789abcdef".repeat(3)),
  );
  const iv = Uint8Array.fromHex("1234567890abcdef");
  const text = new TextEncoder().encode("Now is the time for all ");
  const ciphertext = "e5c7cdde872bf27c43e934008c389c0f683788499a7c05f6";
  assertEquals(key.encrypt(iv, text).toHex(), ciphertext);
  assertEquals(key.decrypt(iv, Uint8Array.fromHex(ciphertext)), text);
});

Deno.test("tripleDesCbc matches OpenSSL with three keys", async () => {
  const key = await tripleDesCbc.importKey(
    Uint8Array.fromHex("0123456789abcdeffedcba98765432100011223344556677"),
  );
  const iv = Uint8Array.fromHex("0001020304050607");
  const text = Uint8Array.from({ length: 32 }, (_, at) => at);
  const ciphertext =
    "cbe6a76f9e351c6f170958d0beaf42b3610d7e1a6bc537984452cfdec45356ac";
  assertEquals(key.encrypt(iv, text).toHex(), ciphertext);
  assertEquals(key.decrypt(iv, Uint8Array.fromHex(ciphertext)), text);
});

Deno.test("tripleDesCbc refuses wrong lengths", async () => {
  assertThrows(() => tripleDesCbc.importKey(new Uint8Array(16)), RangeError);
  const key = await tripleDesCbc.importKey(new Uint8Array(24).fill(1));
  const iv = new Uint8Array(8);
  assertThrows(() => key.encrypt(iv, new Uint8Array(9)), RangeError);
  assertThrows(() => key.decrypt(iv, new Uint8Array(7)), RangeError);
});
