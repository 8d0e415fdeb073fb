import { assert, assertEquals } from "@std/assert";
import { TrustStore } from "../../x509/trust/trust_store.ts";
import { verifyChain } from "../../x509/path/verify.ts";
import { casesFor, pkits, readCertificates, readCrls } from "./_pkits.ts";

/** Certificates with DSA keys have no use in TLS since version 1.3. */
const DSA = [
  "ValidDSAParameterInheritanceTest5EE",
  "ValidDSASignaturesTest4EE",
];

Deno.test({
  name: "verifyChain() has the outcomes of PKITS, except for DSA" +
    ("missing" in pkits ? ` (ignored: ${pkits.missing})` : ""),
  ignore: "missing" in pkits,
  async fn() {
    if ("missing" in pkits) return;
    const certificates = readCertificates(pkits.directory);
    const crls = readCrls(pkits.directory);
    const root = certificates.get("TrustAnchorRootCertificate");
    if (root === undefined) throw new Error("PKITS has no trust anchor");
    const others = [...certificates].filter(([name]) => !name.endsWith("EE"))
      .flatMap(([, certificate]) => certificate ?? []);
    const cases = casesFor(certificates.keys());
    const wrong: string[] = [];
    for (const { name, valid, options } of cases) {
      const leaf = certificates.get(name);
      if (leaf === undefined) {
        if (valid) wrong.push(`${name} cannot be read`);
        continue;
      }
      const { status, errors } = await verifyChain({
        chain: [leaf, ...others],
        trust: TrustStore.of(root),
        // The lists of the suite are current until the end of 2030.
        now: new Date("2026-12-01T00:00:00Z"),
        crls,
        securityLevel: 1,
        ...options,
      });
      if ((status === "verified") !== valid) {
        wrong.push(`${name} ${JSON.stringify(options)}: ${errors[0]?.message}`);
      }
    }
    assert(cases.length >= 247, `${cases.length} cases`);
    assertEquals(
      wrong.map((text) => text.split(" ")[0]),
      DSA,
      wrong.join("\n"),
    );
  },
});
