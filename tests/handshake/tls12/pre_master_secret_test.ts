import { assertEquals } from "@std/assert";
import {
  pskPreMasterSecret,
  stripZeros,
} from "../../../handshake/tls12/pre_master_secret.ts";

Deno.test("pskPreMasterSecret() is RFC 4279 section 2's structure", () => {
  assertEquals(
    pskPreMasterSecret(Uint8Array.of(7, 8, 9), Uint8Array.of(1, 2)),
    Uint8Array.of(0, 2, 1, 2, 0, 3, 7, 8, 9),
  );
});

Deno.test("stripZeros() leaves out leading zeros alone (RFC 5246 section 8.1.2)", () => {
  assertEquals(stripZeros(Uint8Array.of(0, 0, 5, 0)), Uint8Array.of(5, 0));
  assertEquals(stripZeros(Uint8Array.of(5, 0)), Uint8Array.of(5, 0));
  assertEquals(stripZeros(Uint8Array.of(0, 0)), new Uint8Array());
});
