import { assertEquals, assertThrows } from "@std/assert";
import { Buffer } from "node:buffer";
import { ffdheParameters } from "../../../crypto/groups/ffdh.ts";
import { securityPolicy } from "../../../crypto/suites/security_level.ts";
import { weakGroups } from "../../../legacy.ts";
import { integer, sequence } from "../../../x509/asn1/der.ts";
import { parseDhParams } from "../../../x509/keys/dh_params.ts";
import { formatPem } from "../../../x509/asn1/pem.ts";

const group = ffdheParameters("ffdhe2048");
const der = sequence(integer(group.prime), integer(group.generator));
const policy = securityPolicy();

Deno.test("parseDhParams() reads DER, PEM text and its bytes", () => {
  const pem = formatPem("DH PARAMETERS", der);
  const bytes = new TextEncoder().encode(`from openssl dhparam\n${pem}`);
  for (const input of [der, pem, bytes]) {
    assertEquals(parseDhParams(input, policy), group);
  }
});

// The slice() of a Buffer of Node is the same memory.
Deno.test("parameters do not change with the Buffer that they came in", () => {
  const bytes = Buffer.from(der);
  const params = parseDhParams(bytes, policy);
  bytes.fill(0);
  assertEquals(params, group);
});

Deno.test("parseDhParams() reads the forms with more in them", () => {
  const withLength = sequence(
    integer(group.prime),
    integer(group.generator),
    integer(225),
  );
  assertEquals(parseDhParams(withLength, policy), group);
  const x942 = formatPem("X9.42 DH PARAMETERS", withLength);
  assertEquals(parseDhParams(x942, policy), group);
});

for (
  const [what, input] of [
    ["no parameters", new Uint8Array(0)],
    ["a cut end", der.subarray(0, 100)],
    ["bytes behind them", new Uint8Array([...der, 0])],
    ["an even prime", sequence(integer(4), integer(2))],
    ["a generator of 1", sequence(integer(group.prime), integer(1))],
    ["another PEM block", formatPem("CERTIFICATE", der)],
    ["the path of a file", "/etc/dhparam.pem"],
  ] as const
) {
  Deno.test(`parseDhParams() refuses ${what}`, () => {
    const error = assertThrows(() => parseDhParams(input, policy), TypeError);
    assertEquals(error.message.includes('"dhParams"'), true, error.message);
  });
}

Deno.test("parseDhParams() refuses a group below the security level, unless there is leave", () => {
  const prime = new Uint8Array(128).fill(0xff);
  const small = sequence(integer(prime), integer(2));
  const error = assertThrows(() => parseDhParams(small, policy), TypeError);
  assertEquals(error.message.includes("1024 bits"), true, error.message);
  const lenient = securityPolicy(undefined, [weakGroups]);
  assertEquals(parseDhParams(small, lenient).prime, prime);
});
