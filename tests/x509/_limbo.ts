/** Reads x509-limbo's cases, where they are. */

import { assert } from "@std/assert";
import { Certificate } from "../../x509/certificate/certificate.ts";
import { Crl } from "../../x509/status/crl.ts";
import { TlsCertificateError } from "../../x509/certificate/errors.ts";
import { TrustStore } from "../../x509/trust/trust_store.ts";
import { verifyChain } from "../../x509/path/verify.ts";
import { withinCpuTime } from "../_cpu_time.ts";
import { vectors } from "../vectors/_folder.ts";

const { url: FILE, missing } = vectors("x509-limbo.json");

/** One case; the schema is in that project's `limbo-schema.json`. */
export interface LimboCase {
  readonly id: string;
  readonly validation_kind: "SERVER" | "CLIENT";
  /** In PEM, as all certificates here. */
  readonly trusted_certs: readonly string[];
  readonly untrusted_intermediates: readonly string[];
  readonly peer_certificate: string;
  /** Nothing is now. */
  readonly validation_time: string | null;
  readonly expected_result: "SUCCESS" | "FAILURE";
  readonly expected_peer_name: LimboName | null;
  readonly expected_peer_names: readonly LimboName[];
  readonly max_chain_depth: number | null;
  readonly crls: readonly string[] | null;
}

interface LimboName {
  readonly kind: "DNS" | "IP" | "RFC822";
  readonly value: string;
}

/** Why the file is not there, if so. */
export const limboIsMissing: string | undefined = missing;

/** All cases: fails if there are none. */
export async function limboCases(): Promise<readonly LimboCase[]> {
  const { testcases } = JSON.parse(await Deno.readTextFile(FILE)) as {
    testcases: LimboCase[];
  };
  assert(testcases.length > 0, "x509-limbo.json has no cases");
  return testcases;
}

/** What came out of a case. */
export interface LimboResult {
  readonly result: "SUCCESS" | "FAILURE";
  /** Codes and texts of the errors. */
  readonly errors: readonly string[];
}

/** Runs a case as a client would that trusts its certificates, for a second. */
export async function runLimboCase(
  test: LimboCase,
  strict: boolean,
): Promise<LimboResult> {
  const errors = await withinCpuTime(
    1000,
    () => errorsOf(test, strict),
    () => test.id,
  );
  return { result: errors.length === 0 ? "SUCCESS" : "FAILURE", errors };
}

async function errorsOf(test: LimboCase, strict: boolean): Promise<string[]> {
  const roots = test.trusted_certs.flatMap(readable);
  const [leaf] = readable(test.peer_certificate);
  if (leaf === undefined || roots.length === 0) return ["malformed"];
  const errors: string[] = [];
  for (const name of namesOf(test)) {
    const verdict = await verifyChain({
      chain: [leaf, ...test.untrusted_intermediates.flatMap(readable)],
      trust: TrustStore.of(...roots),
      name,
      usage: test.validation_kind === "CLIENT" ? "client" : "server",
      now: test.validation_time ? new Date(test.validation_time) : undefined,
      maxDepth: test.max_chain_depth ?? undefined,
      crls: test.crls?.length ? test.crls.map(Crl.parse) : undefined,
      strict,
    });
    assert((verdict.status === "verified") === (verdict.errors.length === 0));
    errors.push(
      ...verdict.errors.map(({ code, message }) => `${code}: ${message}`),
    );
  }
  return errors;
}

/** All the names that the certificate has to have; `undefined` for none. */
function namesOf(test: LimboCase) {
  const { expected_peer_name: name, expected_peer_names: names } = test;
  const wanted = name === null ? names : [name];
  return wanted.length === 0
    ? [undefined]
    : wanted.map(({ kind, value }) =>
      kind === "RFC822" ? { email: value } : value
    );
}

/** A store leaves malformed certificates out, as a server's chain may. */
function readable(pem: string): Certificate[] {
  try {
    return Certificate.fromPem(pem);
  } catch (error) {
    if (error instanceof TlsCertificateError) return [];
    throw error;
  }
}
