/** Chains that were made to keep their reader busy: each ends within a second. */

import { assert, assertEquals } from "@std/assert";
import { Certificate } from "../../x509/certificate/certificate.ts";
import {
  boolean,
  integer,
  nullValue,
  octetString,
  oid,
  sequence,
} from "../../x509/asn1/der.ts";
import { encodeName } from "../../x509/issue/issue_names.ts";
import { ExtensionOid } from "../../x509/asn1/oids.ts";
import { TrustStore } from "../../x509/trust/trust_store.ts";
import {
  verifyChain,
  type VerifyChainOptions,
} from "../../x509/path/verify.ts";
import { withinCpuTime } from "../_cpu_time.ts";
import { authority, certificateOf, codes, server } from "./_authority.ts";
import { certificateDer } from "./_certificate.ts";

const root = await authority("Root");
const leaf = await server(await authority("CA", root));
const rootName = certificateOf(root).subjectName.raw;
const caName = certificateOf(leaf).issuerName.raw;
const keys = await Promise.all(
  Array.from({ length: 100 }, () => authority("CA")),
);

function spki(at: number): Uint8Array {
  const issued = keys[at % keys.length];
  assert(issued !== undefined);
  return certificateOf(issued).publicKey.spki;
}

let serial = 0;

/** A CA whose signature is made up. */
function ca(
  subject: Uint8Array,
  issuer: Uint8Array,
  key = 0,
  extensions?: Uint8Array[],
): Certificate {
  return Certificate.parse(certificateDer({
    serialNumber: integer(++serial),
    subject,
    issuer,
    subjectPublicKeyInfo: spki(key),
    extensions: [
      extension("basicConstraints", sequence(boolean(true)), true),
      ...extensions ?? [],
    ],
  }));
}

function extension(
  name: keyof typeof ExtensionOid | `1.${string}`,
  value: Uint8Array,
  critical = false,
): Uint8Array {
  const id = name.startsWith("1.")
    ? name
    : ExtensionOid[name as keyof typeof ExtensionOid]; // the other half
  return sequence(
    oid(id),
    ...critical ? [boolean(true)] : [],
    octetString(value),
  );
}

/** Verifies, within a second. */
async function verify(
  chain: Certificate[],
  options: Partial<VerifyChainOptions> = {},
): Promise<string[]> {
  const verdict = await withinCpuTime(1000, () =>
    verifyChain({
      chain,
      trust: TrustStore.of(root.cert),
      now: chain[0]?.notBefore,
      ...options,
    }));
  assertEquals(verdict.status, "unverified");
  return codes(verdict);
}

Deno.test("verifyChain() gives up on many CAs of one name that all issue each other", async () => {
  const mesh = keys.flatMap((_, at) => [
    ca(caName, caName, at),
    ca(caName, rootName, at),
  ]);
  assertEquals(await verify([certificateOf(leaf), ...mesh]), [
    "path_too_complex",
  ]);
});

Deno.test("verifyChain() gives up on a thousand CAs of one name", async () => {
  const many = Array.from({ length: 1000 }, (_, at) => ca(caName, caName, at));
  const lost = await verify([certificateOf(leaf), ...many]);
  assert(
    lost.includes("unknown_issuer") || lost.includes("path_too_complex"),
    lost.join(),
  );
  const found = await verify([
    certificateOf(leaf),
    ...many,
    ca(caName, rootName),
  ]);
  assert(found.length > 0);
});

Deno.test("verifyChain() gives up on a long path with long names that branches at its end", async () => {
  const name = (at: number) => encodeName({ CN: `${"x".repeat(4000)} ${at}` });
  const chain = Array.from(
    { length: 60 },
    (_, at) => ca(at === 0 ? caName : name(at), name(at + 1), at),
  );
  const branches = Array.from({ length: 200 }, (_, at) => [
    ca(name(60), name(60), at),
    ca(name(60), rootName, at),
  ]).flat();
  const found = await verify([certificateOf(leaf), ...chain, ...branches]);
  assert(found.length > 0);
});

Deno.test("verifyChain() gives up on policies without end", async () => {
  const policies = Array.from({ length: 2000 }, (_, at) => oid(`1.2.3.${at}`));
  const extensions = [
    extension(
      "certificatePolicies",
      sequence(...policies.map((policy) => sequence(policy))),
    ),
    extension(
      "policyMappings",
      sequence(...policies.map((policy) => sequence(policy, oid("1.2.3.1")))),
    ),
  ];
  const cas = Array.from({ length: 40 }, (_, at) => [
    ca(caName, caName, at, extensions),
    ca(caName, rootName, at, extensions),
  ]).flat();
  const found = await verify([certificateOf(leaf), ...cas], {
    policies: ["1.2.3.4"],
    maxDepth: 100,
  });
  assert(found.length > 0);
});

Deno.test("verifyChain() lists a few of a certificate's thousand faults", async () => {
  const strange = Array.from(
    { length: 1000 },
    (_, at) => extension(`1.2.3.${at}`, nullValue(), true),
  );
  const found = await verify([ca(caName, rootName, 0, strange)]);
  assertEquals(
    found.filter((code) => code === "unhandled_critical_extension").length,
    10,
  );
  const names = Array.from({ length: 5000 }, (_, at) => `my_host${at}.test`);
  const wrong = await server(root, { names: ["example.com", ...names] });
  const strict = await verify([certificateOf(wrong)], {
    strict: true,
    now: undefined,
  });
  assertEquals(strict, Array(10).fill("not_strict"));
});
