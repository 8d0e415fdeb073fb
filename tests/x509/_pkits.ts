/**
 * The Public Key Interoperability Test Suite of NIST (PKITS 1.0.1), as the
 * package `cryptography_vectors` of PyPI has it: where it is, and what its
 * document wants of each path.
 *
 * @module
 */

import { peersAreRequired } from "../interop/_peers/peer.ts";
import { python } from "../interop/_peers/python.ts";
import { TlsError } from "../../errors.ts";
import { Certificate } from "../../x509/certificate/certificate.ts";
import { Crl } from "../../x509/status/crl.ts";
import type { VerifyChainOptions } from "../../x509/path/verify.ts";

/** Where the certificates and lists are, or why they are nowhere. */
export const pkits: { directory: string } | { missing: string } = findPkits();

/** A path, with the settings and the outcome of the document. */
export interface PkitsCase {
  readonly name: string;
  readonly valid: boolean;
  readonly options: Partial<VerifyChainOptions>;
}

/**
 * All certificates of the suite by file name, or `undefined` if one is refused.
 */
export function readCertificates(
  directory: string,
): Map<string, Certificate | undefined> {
  return new Map(
    [...Deno.readDirSync(`${directory}/certs`)].map(({ name }) => [
      name.replace(/\.crt$/, ""),
      readable(() =>
        Certificate.parse(Deno.readFileSync(`${directory}/certs/${name}`))
      ),
    ]),
  );
}

/** All lists of the suite that can be read. */
export function readCrls(directory: string): Crl[] {
  return [...Deno.readDirSync(`${directory}/crls`)].map(({ name }) =>
    readable(() => Crl.parse(Deno.readFileSync(`${directory}/crls/${name}`)))
  ).filter((crl) => crl !== undefined);
}

function readable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof TlsError) return undefined;
    throw error;
  }
}

/**
 * The paths: one for each certificate of an end entity, with the outcome that
 * its name says, but those of the table with their settings.
 */
export function casesFor(names: Iterable<string>): PkitsCase[] {
  return [...names].filter((name) => name.endsWith("EE")).sort().flatMap(
    (name) =>
      subtests[name]?.map(([valid, options]) => ({ name, valid, options })) ??
        [{ name, valid: name.startsWith("Valid"), options: {} }],
  );
}

function findPkits(): { directory: string } | { missing: string } {
  const missing = `no package cryptography_vectors of ${python}`;
  try {
    const { success, stdout } = new Deno.Command(python, {
      args: [
        "-c",
        "import cryptography_vectors as c, os; print(os.path.dirname(c.__file__))",
      ],
      stdin: "null",
      stderr: "null",
    }).outputSync();
    const path = new TextDecoder().decode(stdout).trim();
    if (success) return { directory: `${path}/x509/PKITS_data` };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  if (peersAreRequired()) throw new Error(`PKITS cannot be run: ${missing}`);
  return { missing };
}

type Subtest = readonly [valid: boolean, options: Partial<VerifyChainOptions>];

/** NIST-test-policy-1 to 6. */
const P1 = ["2.16.840.1.101.3.2.1.48.1"];
const P2 = ["2.16.840.1.101.3.2.1.48.2"];
const P3 = ["2.16.840.1.101.3.2.1.48.3"];
const P6 = ["2.16.840.1.101.3.2.1.48.6"];

const explicit = { requireExplicitPolicy: true };
/** `initial-explicit-policy` is not set unless the document says so. */
const among = (...policies: string[]) => ({
  policies,
  requireExplicitPolicy: false,
});

/**
 * Sections 4.8, 4.10 and 4.12, where there are settings or no word in the name.
 */
const subtests: Readonly<Record<string, readonly Subtest[]>> = {
  // 4.8.1 to 4.8.20
  ValidCertificatePathTest1EE: [
    [true, {}], // 4.1.1
    [true, explicit],
    [true, { ...explicit, policies: P1 }],
    [false, { ...explicit, policies: P2 }],
    [true, { ...explicit, policies: [...P1, ...P2] }],
  ],
  AllCertificatesNoPoliciesTest2EE: [[true, {}], [false, explicit]],
  DifferentPoliciesTest3EE: [
    [true, {}],
    [false, explicit],
    [false, { ...explicit, policies: [...P1, ...P2] }],
  ],
  DifferentPoliciesTest4EE: [[false, {}]],
  DifferentPoliciesTest5EE: [[false, {}]],
  OverlappingPoliciesTest6EE: [
    [true, {}],
    [true, among(...P1)],
    [false, among(...P2)],
  ],
  DifferentPoliciesTest7EE: [[false, {}]],
  DifferentPoliciesTest8EE: [[false, {}]],
  DifferentPoliciesTest9EE: [[false, {}]],
  AllCertificatesSamePoliciesTest10EE: [
    [true, {}],
    [true, among(...P1)],
    [true, among(...P2)],
  ],
  AllCertificatesanyPolicyTest11EE: [[true, {}], [true, among(...P1)]],
  DifferentPoliciesTest12EE: [[false, {}]],
  AllCertificatesSamePoliciesTest13EE: [
    [true, among(...P1)],
    [true, among(...P2)],
    [true, among(...P3)],
  ],
  AnyPolicyTest14EE: [[true, among(...P1)], [false, among(...P2)]],
  UserNoticeQualifierTest15EE: [[true, {}]],
  UserNoticeQualifierTest16EE: [[true, {}]],
  UserNoticeQualifierTest17EE: [[true, {}]],
  UserNoticeQualifierTest18EE: [[true, among(...P1)], [true, among(...P2)]],
  UserNoticeQualifierTest19EE: [[true, {}]],
  CPSPointerQualifierTest20EE: [[true, explicit]],
  // 4.10.1, .3, .5, .6, .12 and .13
  ValidPolicyMappingTest1EE: [
    [true, among(...P1)],
    [false, among(...P2)],
    [false, { inhibitPolicyMapping: true }],
  ],
  InvalidPolicyMappingTest2EE: [
    [false, {}],
    [false, { inhibitPolicyMapping: true }],
  ],
  ValidPolicyMappingTest3EE: [[false, among(...P1)], [true, among(...P2)]],
  ValidPolicyMappingTest5EE: [[true, among(...P1)], [false, among(...P6)]],
  ValidPolicyMappingTest6EE: [[true, among(...P1)], [false, among(...P6)]],
  ValidPolicyMappingTest12EE: [[true, among(...P1)], [true, among(...P2)]],
  // 4.12.3
  inhibitAnyPolicyTest3EE: [[true, {}], [false, { inhibitAnyPolicy: true }]],
};
