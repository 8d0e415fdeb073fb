import { assertEquals, assertThrows } from "@std/assert";
import { parsePublicKey } from "../../../crypto/signatures/public_key.ts";
import { verifyingKeyType } from "../../../crypto/signatures/verifying_key.ts";
import { TlsError } from "../../../errors.ts";
import {
  bitString,
  integer,
  nullValue,
  oid,
  sequence,
} from "../../../x509/asn1/der.ts";

const MODULUS = 2n ** 2048n - 1n;

function keyOf(algorithm: string, ...parameters: Uint8Array[]) {
  const key = sequence(integer(MODULUS), integer(65537));
  return parsePublicKey(
    sequence(sequence(oid(algorithm), ...parameters), bitString(key)),
  );
}

// RFC 3279 section 2.3.1: "the parameters field MUST have ASN.1 type NULL for
// this algorithm identifier". RFC 4055 section 3.1 lets those of RSASSA-PSS be
// absent.
Deno.test("verifyingKeyType() refuses keys of RSA without NULL parameters", () => {
  const [rsa, pss] = ["1.2.840.113549.1.1.1", "1.2.840.113549.1.1.10"] as const;
  assertEquals(verifyingKeyType(keyOf(rsa, nullValue())), "rsa");
  assertEquals(verifyingKeyType(keyOf(pss)), "rsa-pss");
  for (const parameters of [[], [sequence()], [integer(0)]]) {
    const key = keyOf(rsa, ...parameters);
    const error = assertThrows(() => verifyingKeyType(key), TlsError);
    assertEquals(error.code, "unsupported_key");
  }
});
