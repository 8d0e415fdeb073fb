/**
 * What stands in a SubjectPublicKeyInfo, and what is refused.
 *
 * @module
 */

import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { TlsError } from "../../../errors.ts";
import {
  octetKeyTypes,
  signingKeyType,
} from "../../../crypto/signatures/key_types.ts";
import {
  parsePublicKey,
  PUBLIC_KEY,
} from "../../../crypto/signatures/public_key.ts";
import {
  bitString,
  integer,
  nullValue,
  oid,
  sequence,
} from "../../../x509/asn1/der.ts";

function spki(
  algorithm: string,
  parameters: Uint8Array[],
  key: Uint8Array,
): Uint8Array {
  return sequence(sequence(oid(algorithm), ...parameters), bitString(key));
}

function refuse(bytes: Uint8Array, fact: string): void {
  const error = assertThrows(() => parsePublicKey(bytes), TlsError, fact);
  assertEquals(error.code, "unsupported_key");
  assertEquals(error.alert, "unsupported_certificate");
}

const EC = "1.2.840.10045.2.1";
const RSA = "1.2.840.113549.1.1.1";

const CURVES = [
  ["secp256r1", "1.2.840.10045.3.1.7", 256],
  ["secp384r1", "1.3.132.0.34", 384],
  ["secp521r1", "1.3.132.0.35", 521],
] as const;

Deno.test("parsePublicKey() takes points in the forms of RFC 5480 section 2.2, and no others", () => {
  for (const [name, curve, bits] of CURVES) {
    const size = Math.ceil(bits / 8);
    const point = (form: number, length: number) =>
      spki(EC, [oid(curve)], Uint8Array.of(form, ...new Uint8Array(length)));
    for (
      const [form, length] of [[4, 2 * size], [2, size], [3, size]] as const
    ) {
      const key = parsePublicKey(point(form, length));
      assertEquals([key.type, key.curve, key.bits], ["ec", name, bits]);
    }
    const wrong = [
      [4, size],
      [4, 2 * size - 1],
      [4, 2 * size + 1],
      [2, 2 * size],
      [3, 2 * size],
      [2, size + 1],
      [3, size - 1],
      [5, size],
      [6, 2 * size], // hybrid
      [0, 0],
    ] as const;
    for (const [form, length] of wrong) {
      refuse(point(form, length), `not a point of ${name}`);
    }
    refuse(spki(EC, [oid(curve)], new Uint8Array()), "not a point");
  }
});

Deno.test("parsePublicKey() reads EC keys of other curves as of no size, and records those without a name", () => {
  const deviations: string[] = [];
  const context = { ...PUBLIC_KEY, deviations };
  const point = Uint8Array.of(4, ...new Uint8Array(64));
  // sect283r1.
  const unknown = parsePublicKey(
    spki(EC, [oid("1.3.132.0.17")], point),
    context,
  );
  assertEquals([unknown.type, unknown.bits, unknown.curve], [
    "ec",
    0,
    undefined,
  ]);
  assertEquals(signingKeyType(unknown), undefined);
  assertEquals(deviations, []);
  for (const parameters of [[], [nullValue()], [sequence(integer(1))]]) {
    const key = parsePublicKey(spki(EC, parameters, point), context);
    assertEquals([key.type, key.bits, key.curve], ["ec", 0, undefined]);
    assertStringIncludes(
      deviations.pop() ?? "",
      "an EC key without a named curve (RFC 5480 section 2.1.1)",
    );
  }
});

Deno.test("parsePublicKey() reads RSA keys, and records those without NULL (RFC 3279 section 2.3.1)", () => {
  const deviations: string[] = [];
  const context = { ...PUBLIC_KEY, deviations };
  const numbers = sequence(integer(0x1_ffff), integer(3));
  const key = parsePublicKey(spki(RSA, [nullValue()], numbers), context);
  assertEquals([key.type, key.bits], ["rsa", 17]);
  assertEquals(key.modulus, Uint8Array.of(1, 0xff, 0xff));
  assertEquals(key.publicExponent, Uint8Array.of(3));
  assertEquals(deviations, []);
  // RFC 4055 section 1.2: id-RSASSA-PSS may go without parameters.
  const pss = parsePublicKey(
    spki("1.2.840.113549.1.1.10", [], numbers),
    context,
  );
  assertEquals([pss.type, pss.bits], ["rsa-pss", 17]);
  assertEquals(deviations, []);
  parsePublicKey(spki(RSA, [], numbers), context);
  parsePublicKey(spki(RSA, [sequence()], numbers), context);
  assertEquals(deviations.length, 2);
  assertStringIncludes(deviations[0] ?? "", "without NULL parameters");
});

Deno.test("parsePublicKey() refuses RSA numbers that are none", () => {
  const rsa = (...fields: Uint8Array[]) =>
    spki(RSA, [nullValue()], sequence(...fields));
  refuse(rsa(integer(0), integer(3)), "modulus: zero");
  refuse(rsa(integer(77), integer(0)), "publicExponent: zero");
  refuse(rsa(integer(-77), integer(3)), "modulus");
  refuse(rsa(integer(77)), "publicExponent: is missing");
  refuse(rsa(integer(77), integer(3), integer(1)), "bytes too many");
  const behind = Uint8Array.of(...sequence(integer(77), integer(3)), 5, 0);
  refuse(spki(RSA, [nullValue()], behind), "bytes too many");
});

Deno.test("parsePublicKey() refuses octet keys of another length, or with parameters (RFC 8410 section 3)", () => {
  const kinds = [
    ...Object.entries(octetKeyTypes).map((
      [type, { oid, publicLength, bits }],
    ) => [type, oid, publicLength, bits] as const),
    ["x25519", "1.3.101.110", 32, 253],
    ["x448", "1.3.101.111", 56, 448],
  ] as const;
  for (const [type, algorithm, length, bits] of kinds) {
    const key = parsePublicKey(spki(algorithm, [], new Uint8Array(length)));
    assertEquals([key.type, key.bits], [type, bits]);
    for (const other of [length - 1, length + 1, 0]) {
      refuse(
        spki(algorithm, [], new Uint8Array(other)),
        `expected ${length} bytes, got ${other}`,
      );
    }
    refuse(
      spki(algorithm, [nullValue()], new Uint8Array(length)),
      "parameters that must be absent",
    );
  }
});

Deno.test("parsePublicKey() names DSA, and takes other algorithms for unknown", () => {
  const dsa = parsePublicKey(spki("1.2.840.10040.4.1", [], integer(5)));
  assertEquals([dsa.type, dsa.bits], ["dsa", 0]);
  const other = parsePublicKey(spki("1.2.3.4", [], Uint8Array.of(1, 2)));
  assertEquals([other.type, other.bits], ["unknown", 0]);
  assertEquals(other.bytes, Uint8Array.of(1, 2));
  const bytes = spki("1.2.3.4", [], Uint8Array.of(1, 2));
  refuse(Uint8Array.of(...bytes, 0), "bytes too many");
});

Deno.test("parsePublicKey() gives an unknown key in place of a malformed one where problems are collected", () => {
  const problems: string[] = [];
  const context = { ...PUBLIC_KEY, problems };
  const key = parsePublicKey(
    spki("1.3.101.112", [], new Uint8Array(31)),
    context,
  );
  assertEquals([key.type, key.bits], ["unknown", 0]);
  assertEquals(key.bytes.length, 31);
  assertEquals(problems.length, 1);
  assertStringIncludes(problems[0] ?? "", "expected 32 bytes, got 31");
});

Deno.test("signingKeyType() names the types that sign", () => {
  const types = [
    ["rsa", undefined, "rsa"],
    ["rsa-pss", undefined, "rsa-pss"],
    ["ec", "secp256r1", "P-256"],
    ["ec", "secp384r1", "P-384"],
    ["ec", "secp521r1", "P-521"],
    ["ec", "secp256k1", undefined],
    ["ed25519", undefined, "ed25519"],
    ["ml-dsa-65", undefined, "ml-dsa-65"],
    ["x25519", undefined, undefined],
    ["dsa", undefined, undefined],
    ["unknown", undefined, undefined],
  ] as const;
  for (const [type, curve, expected] of types) {
    assertEquals(
      signingKeyType({ type, ...curve && { curve } }),
      expected,
      `${type} ${curve}`,
    );
  }
});
