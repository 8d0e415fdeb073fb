import { assertEquals } from "@std/assert";
import {
  octetKeyTypes,
  suiteAuthentication,
} from "../../../crypto/signatures/key_types.ts";

Deno.test("suiteAuthentication() has RSA keys in suites with RSA, elliptic curves in those with ECDSA, and ML-DSA in none", () => {
  const types = ["rsa", "rsa-pss", "ec", ...Object.keys(octetKeyTypes), "dsa"];
  assertEquals(types.map((type) => [type, suiteAuthentication({ type })]), [
    ["rsa", "RSA"],
    ["rsa-pss", "RSA"],
    ["ec", "ECDSA"],
    ["ed25519", "ECDSA"],
    ["ed448", "ECDSA"],
    ["ml-dsa-44", undefined],
    ["ml-dsa-65", undefined],
    ["ml-dsa-87", undefined],
    ["dsa", undefined],
  ]);
});
