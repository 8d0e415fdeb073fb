import { assertEquals, assertInstanceOf } from "@std/assert";
import { ecdsaFromDer } from "../../crypto/signatures/ecdsa_signature.ts";

Deno.test("an ECDSA signature with a zero in it verifies nothing", () => {
  const der = (r: number, s: number) =>
    Uint8Array.of(0x30, 6, 2, 1, r, 2, 1, s);
  assertInstanceOf(ecdsaFromDer(der(1, 1), 32), Uint8Array);
  for (const [r, s] of [[0, 0], [0, 1], [1, 0]] as const) {
    assertEquals(ecdsaFromDer(der(r, s), 32), undefined, `${r}, ${s}`);
  }
});
