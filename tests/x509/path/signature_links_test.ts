import { assertEquals, assertRejects } from "@std/assert";
import { issueCertificate } from "../../../x509/issue/issue.ts";
import { Certificate } from "../../../x509/mod.ts";
import type { PublicKey } from "../../../crypto/signatures/public_key.ts";
import { LinkChecker } from "../../../x509/path/signature_links.ts";
import { WorkBudget } from "../../../x509/certificate/work_budget.ts";

/** A budget that tells how many signatures were checked. */
class Signatures extends WorkBudget {
  checked = 0;

  override signatureCheck(key: PublicKey, length: number): void {
    super.signatureCheck(key, length);
    this.checked++;
  }
}

function parse(pem: string): Certificate {
  return Certificate.fromPem(pem)[0] as Certificate;
}

const issuer = await issueCertificate({ ca: true, names: ["Links CA"] });
const namesake = await issueCertificate({ ca: true, names: ["Links CA"] });
const leaf = await issueCertificate({ names: ["links.example"], issuer });

Deno.test("LinkChecker computes a good signature once, in all verifications", async () => {
  const path = [parse(leaf.cert), parse(issuer.cert)];
  const counts: number[] = [];
  for (let time = 0; time < 2; time++) {
    const budget = new Signatures();
    assertEquals(await new LinkChecker(budget).badLinks(path), []);
    counts.push(budget.checked);
  }
  assertEquals(counts, [1, 0]);
});

Deno.test("LinkChecker does not reuse a good signature for another key", async () => {
  const certificate = parse(leaf.cert);
  const good = [certificate, parse(issuer.cert)];
  const bad = [certificate, parse(namesake.cert)];
  assertEquals(await new LinkChecker(new Signatures()).badLinks(good), []);
  for (let time = 0; time < 2; time++) {
    const budget = new Signatures();
    assertEquals(await new LinkChecker(budget).badLinks(bad), [0]);
    assertEquals(budget.checked, 1);
  }
  assertEquals(await new LinkChecker(new Signatures()).badLinks(good), []);
});

Deno.test("LinkChecker counts what it computes", async () => {
  const budget = new Signatures();
  const path = [parse(leaf.cert), parse(namesake.cert)];
  await assertRejects(
    async () => {
      for (let time = 0; time < 1000; time++) {
        await new LinkChecker(budget).badLinks(path);
      }
    },
    Error,
    "signature checks",
  );
});
