import { assert, assertEquals } from "@std/assert";
import { equals } from "@std/bytes";
import { Certificate } from "../../x509/certificate/certificate.ts";
import { TlsCertificateError } from "../../x509/certificate/errors.ts";
import { TrustStore } from "../../x509/trust/trust_store.ts";
import { verifyChain } from "../../x509/path/verify.ts";
import { withinCpuTime } from "../_cpu_time.ts";
import { mutations } from "../_mutate.ts";
import { authority, certificateOf, server } from "./_authority.ts";

const root = await authority("Root");
const intermediate = await authority("Intermediate", root);
const leaf = certificateOf(await server(intermediate));
const trust = TrustStore.of(root.cert);

function parse(der: Uint8Array): Certificate | undefined {
  try {
    return Certificate.parse(der);
  } catch (error) {
    if (error instanceof TlsCertificateError) return undefined;
    throw error;
  }
}

Deno.test("verifyChain() verifies no mutated certificate, and has a verdict on each", async () => {
  const issuer = certificateOf(intermediate);
  let judged = 0;
  for (const which of ["leaf", "intermediate"]) {
    const original = which === "leaf" ? leaf : issuer;
    for (const der of mutations([original.raw], 3000, 20240501)) {
      const certificate = parse(der);
      if (certificate === undefined || equals(der, original.raw)) continue;
      const chain = which === "leaf"
        ? [certificate, issuer]
        : [leaf, certificate];
      const verdict = await withinCpuTime(
        1000,
        () => verifyChain({ chain, trust, name: "example.com" }),
      );
      assertEquals(verdict.status, "unverified", der.toHex());
      assert(verdict.errors.length > 0 && verdict.path.length > 0);
      judged++;
    }
  }
  assert(judged > 500, `only ${judged} could be read`);
});
