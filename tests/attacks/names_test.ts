import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  Certificate,
  issueCertificate,
  TrustStore,
  verifyChain,
} from "../../x509/mod.ts";
import {
  matchesDnsName,
  parseReferenceName,
} from "../../x509/certificate/name_match.ts";

Deno.test("a name with NUL in it is not the name before it", () => {
  const presented = "bank.example\0.evil.example";
  assertEquals(matchesDnsName(presented, "bank.example"), false);
  assertEquals(matchesDnsName("*.example\0.evil.example", "a.example"), false);
  assertThrows(() => parseReferenceName(presented), TypeError, "neither");
});

Deno.test("an address in another form is no address", async () => {
  const { cert } = await issueCertificate({ names: ["127.0.0.1"] });
  const chain = Certificate.fromPem(cert);
  const trust = TrustStore.of(cert);
  const codes = async (name: string) =>
    (await verifyChain({ chain, trust, name })).errors.map(({ code }) => code);
  assertEquals(await codes("127.0.0.1"), []);
  for (const form of ["0x7f.1", "127.1", "2130706433", "0177.0.0.1"]) {
    await assertRejects(() => codes(form), TypeError, "neither", form);
  }
  assertEquals(await codes("::ffff:127.0.0.1"), ["hostname_mismatch"]);
});
