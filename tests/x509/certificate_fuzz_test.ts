import { assert } from "@std/assert";
import { rootCertificates } from "node:tls";
import { Certificate } from "../../x509/certificate/certificate.ts";
import { TlsCertificateError } from "../../x509/certificate/errors.ts";
import { withinCpuTime } from "../_cpu_time.ts";
import { mutations } from "../_mutate.ts";
import { derMutations } from "../_mutate_der.ts";
import { opensslEntries } from "./_openssl_certificates.ts";

const inputs = [
  ...rootCertificates,
  ...opensslEntries.map(({ pem }) => pem),
].flatMap((pem) => Certificate.fromPem(pem).map(({ raw }) => raw));

/** Reads and looks at everything that is worked out later. */
function readAll(der: Uint8Array): boolean {
  try {
    const certificate = Certificate.parse(der);
    certificate.isSelfIssued;
    certificate.toNodeObject([certificate]);
    certificate.toPem();
    certificate.extendedKeyUsage;
    certificate.subjectAltName.map(({ value }) => value);
    return true;
  } catch (error) {
    if (!(error instanceof TlsCertificateError)) throw error;
    return false;
  }
}

const kinds = [
  ["bytes", mutations(inputs, 10_000, 20240101)],
  ["elements", derMutations(inputs, 10_000, 20240102)],
] as const;

for (const [what, mutated] of kinds) {
  Deno.test(`Certificate.parse() reads or refuses 10,000 with changed ${what} within 50 ms each`, async () => {
    let read = 0;
    let refused = 0;
    for (const der of mutated) {
      const what = () => `reading ${der.toHex()}`;
      if (await withinCpuTime(LIMIT, () => readAll(der), what)) read++;
      else refused++;
    }
    // Both happen, and often: else the mutations would say nothing.
    assert(read > 500 && refused > 500, `${read} read, ${refused} refused`);
  });
}

/** In milliseconds. */
const LIMIT = 50;
