import { assertEquals } from "@std/assert";
import { Certificate } from "../../../x509/certificate/certificate.ts";
import { isSelfSigned } from "../../../x509/lint/subject.ts";
import { certificateDer, commonName } from "../_certificate.ts";

Deno.test("isSelfSigned() takes the names where no key identifiers say more", () => {
  const issuer = commonName("subject");
  assertEquals(isSelfSigned(Certificate.parse(certificateDer())), false);
  assertEquals(
    isSelfSigned(Certificate.parse(certificateDer({ issuer }))),
    true,
  );
});
