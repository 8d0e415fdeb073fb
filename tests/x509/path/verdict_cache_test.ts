/**
 * Verdicts that are given again.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { securityPolicy } from "../../../crypto/suites/security_level.ts";
import { Certificate } from "../../../x509/certificate/certificate.ts";
import { TlsCertificateError } from "../../../x509/certificate/errors.ts";
import { WorkBudget } from "../../../x509/certificate/work_budget.ts";
import { CtLogs } from "../../../x509/path/ct_logs.ts";
import { cachedVerdict } from "../../../x509/path/verdict_cache.ts";
import type { VerifyInput } from "../../../x509/path/verify_peer.ts";
import { parseReferenceName } from "../../../x509/certificate/name_match.ts";
import { TrustStore } from "../../../x509/trust/trust_store.ts";
import {
  authority,
  certificateOf,
  certificatesOf,
  codes,
  server,
} from "../_authority.ts";
import { intermediate, leaf, root } from "../_verify.ts";

const DAY = 86_400_000;
const now = new Date();
const trust = TrustStore.of(root.cert);

/** Whether options say the same for the path, its first verification counted. */
async function verdictOn(changes: Partial<VerifyInput> = {}) {
  const [first = certificateOf(leaf), ...intermediates] = chain;
  return await cachedVerdict({
    leaf: first,
    intermediates,
    trust,
    usage: "server",
    name: undefined,
    now,
    maxDepth: 10,
    strict: false,
    policies: {},
    security: securityPolicy(),
    ...changes,
  });
}

const chain = certificatesOf(leaf, intermediate);

Deno.test("cachedVerdict() gives a verdict again, with lists of its own", async () => {
  const first = await verdictOn();
  const second = await verdictOn();
  assertEquals(first.status, "verified");
  assertEquals(second, first);
  for (const list of ["path", "errors", "warnings", "policies"] as const) {
    assertEquals(second[list] === first[list], false);
    (second[list] as unknown[]).length = 0;
  }
  assertEquals(await verdictOn(), first);
});

Deno.test("cachedVerdict() looks at the dates each time", async () => {
  assertEquals((await verdictOn()).status, "verified");
  const after = new Date(certificateOf(leaf).notAfter.getTime() + DAY);
  const before = new Date(certificateOf(leaf).notBefore.getTime() - DAY);
  for (
    const [time, code] of [
      [after, "certificate_expired"],
      [before, "certificate_not_yet_valid"],
    ] as const
  ) {
    const verdict = await verdictOn({ now: time });
    assertEquals(verdict.status, "unverified");
    assertEquals(codes(verdict).includes(code), true);
  }
  assertEquals((await verdictOn()).status, "verified");
});

Deno.test("cachedVerdict() gives no verdict for another question", async () => {
  assertEquals((await verdictOn()).status, "verified");
  const [other] = certificatesOf(await authority("Other"));
  const changes: [Partial<VerifyInput>, string][] = [
    [{ name: parseReferenceName("other.test") }, "hostname_mismatch"],
    [{ trust: TrustStore.none() }, "unknown_issuer"],
    [{ intermediates: [] }, "unknown_issuer"],
    [{ maxDepth: 0 }, "path_too_long"],
    [{ security: securityPolicy(5) }, "weak_key"],
    [{ requireOcsp: true }, "ocsp_response_required"],
    [{ crls: [] }, "revocation_unknown"],
    [
      { policies: { policies: ["1.2.3"], requireExplicitPolicy: true } },
      "invalid_policy",
    ],
  ];
  for (const [change, code] of changes) {
    assertEquals(codes(await verdictOn(change)).includes(code), true, code);
  }
  assertEquals(
    (await verdictOn({
      intermediates: [...chain.slice(1), ...other ? [other] : []],
    }))
      .status,
    "verified",
  );
});

Deno.test("cachedVerdict() keeps no refusal", async () => {
  const strange = certificateOf(await server(await authority("Unknown")));
  const asked = { leaf: strange, intermediates: [] };
  assertEquals(codes(await verdictOn(asked)), ["unknown_issuer"]);
  assertEquals(codes(await verdictOn(asked)), ["unknown_issuer"]);
});

Deno.test("cachedVerdict() verifies again when any member of the question is another", async () => {
  const { store, other, lookUps } = countedStore();
  const asked = (changes: Partial<VerifyInput>) =>
    lookUps(() => verdictOn({ trust: store, ...changes }));
  for (const [name, values] of Object.entries(await otherValues(other))) {
    for (const value of values) {
      await asked({});
      assertEquals(await asked({}), 0, "the same question");
      const count = await asked({ [name]: value });
      assert(count > 0, `${name} is not compared: ${String(value)}`);
    }
  }
});

Deno.test("cachedVerdict() compares each part of a security policy", async () => {
  const { store, lookUps } = countedStore();
  const security = securityPolicy();
  for (const name of Object.keys(security)) {
    const asked = (given: VerifyInput["security"]) =>
      lookUps(() => verdictOn({ trust: store, security: given }));
    await asked(security);
    assertEquals(await asked({ ...security }), 0);
    assert(await asked({ ...security, [name]: 1 }) > 0, name);
  }
});

Deno.test("cachedVerdict() keeps the timestamps of a leaf out of the question without logs", async () => {
  const { store, lookUps } = countedStore();
  const asked = (signedCertificateTimestamps: Uint8Array[]) =>
    lookUps(() => verdictOn({ trust: store, signedCertificateTimestamps }));
  await asked([]);
  assertEquals(await asked([new Uint8Array(50)]), 0);
});

Deno.test("cachedVerdict() remembers the intermediates, not the caller's list of them", async () => {
  const trust = TrustStore.of(root.cert);
  const intermediates = chain.slice(1);
  await verdictOn({ trust, intermediates });
  intermediates.length = 0;
  assertEquals(codes(await verdictOn({ trust, intermediates })), [
    "unknown_issuer",
  ]);
});

Deno.test("cachedVerdict() is not moved by those who change the dates that they get", async () => {
  const { path } = await verdictOn();
  const after = new Date(certificateOf(leaf).notAfter.getTime() + DAY);
  for (const { notBefore, notAfter } of [...path, ...chain]) {
    notBefore.setUTCFullYear(1970);
    notAfter.setUTCFullYear(9999);
  }
  const verdict = await verdictOn({ now: after });
  assertEquals(codes(verdict).includes("certificate_expired"), true);
});

/** Two equal stores that count how often a path looks for its issuers. */
function countedStore() {
  let count = 0;
  const counted = () => {
    const store = TrustStore.of(root.cert);
    const find = store.findBySubject;
    store.findBySubject = (...args) => {
      count++;
      return find.apply(store, args);
    };
    return store;
  };
  const lookUps = async (work: () => Promise<unknown>) => {
    count = 0;
    await work();
    return count;
  };
  return { store: counted(), other: counted(), lookUps };
}

/** For each member that counts, values other than those of `verdictOn()`. */
async function otherValues(
  otherStore: TrustStore,
): Promise<
  {
    readonly [K in Exclude<keyof VerifyInput, Exempt>]-?: readonly VerifyInput[
      K
    ][];
  }
> {
  const [shown] = chain.slice(1) as [Certificate]; // there is one
  const [stranger] = certificatesOf(await authority("Stranger"));
  assert(stranger !== undefined);
  return {
    leaf: [certificateOf(await server(intermediate))],
    intermediates: [
      [],
      [shown, stranger],
      [stranger],
      // The same bytes in another object.
      [Certificate.parse(shown.raw)],
    ],
    trust: [otherStore],
    usage: ["client", "any"],
    keyUsage: ["digitalSignature", "keyEncipherment"],
    name: [
      parseReferenceName("a.test"),
      parseReferenceName("192.0.2.1"),
      parseReferenceName({ email: "a@a.test" }),
    ],
    now: [
      new Date(certificateOf(leaf).notAfter.getTime() + 1000),
      new Date(certificateOf(leaf).notBefore.getTime() - 1000),
    ],
    maxDepth: [9],
    strict: [true],
    policies: [
      { policies: ["1.2.3"] },
      { requireExplicitPolicy: true },
      { inhibitPolicyMapping: true },
      { inhibitAnyPolicy: true },
    ],
    security: [securityPolicy(1), securityPolicy(3)],
    crls: [[]],
    sources: [{}],
    ocspResponse: [
      new TlsCertificateError("ocsp_response_required", "not to be read"),
    ],
    ctLogs: [new CtLogs([])],
    allowUnknownRevocation: [true, false],
    requireOcsp: [true, false],
    isServer: [true, false],
    budget: [new WorkBudget()],
  };
}

/** Without logs nobody looks at them: a test of its own has it. */
type Exempt = "signedCertificateTimestamps";
