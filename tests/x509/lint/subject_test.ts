import { assertEquals } from "@std/assert";
import { Certificate } from "../../../x509/certificate/certificate.ts";
import { isSelfSigned } from "../../../x509/lint/subject.ts";
import { sequence, Tag, tlv } from "../../../x509/asn1/der.ts";
import { certificateDer, commonName, extension } from "../_certificate.ts";

Deno.test("isSelfSigned() takes the names where no key identifiers say more", () => {
  const issuer = commonName("subject");
  assertEquals(isSelfSigned(Certificate.parse(certificateDer())), false);
  assertEquals(
    isSelfSigned(Certificate.parse(certificateDer({ issuer }))),
    true,
  );
  const key = (text: string) => new TextEncoder().encode(text);
  const ofSubject = extension(
    "2.5.29.14",
    tlv(Tag.OCTET_STRING, key("subject")),
  );
  const ofIssuer = (id: string) =>
    extension("2.5.29.35", sequence(tlv(0x80, key(id))));
  for (
    const [expected, ...extensions] of [
      [true, ofIssuer("subject"), ofSubject],
      [false, ofIssuer("another"), ofSubject],
      [true, ofIssuer("another")],
      [true, ofSubject],
    ] as const
  ) {
    const der = certificateDer({ issuer, extensions: [...extensions] });
    assertEquals(isSelfSigned(Certificate.parse(der)), expected);
  }
});
