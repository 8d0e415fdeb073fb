import { assertEquals, assertRejects } from "@std/assert";
import {
  createCertificateRequest,
  issueCertificate,
  PrivateKey,
} from "../../../x509/mod.ts";
import { parsePublicKey } from "../../../crypto/signatures/public_key.ts";
import { verifySignature } from "../../../crypto/signatures/signatures.ts";
import { DerReader } from "../../../x509/asn1/der.ts";
import { readGeneralNames } from "../../../x509/certificate/general_name.ts";
import { PRIVATE_KEY } from "../../../x509/asn1/key_structure.ts";

/** The parts of a request (RFC 2986 section 4). */
function read(raw: Uint8Array) {
  const outer = DerReader.of(raw, PRIVATE_KEY);
  const request = outer.sequence("");
  outer.end();
  const info = request.peekRaw("certificationRequestInfo");
  const inside = request.sequence("certificationRequestInfo");
  const version = inside.integer("version");
  const subject = inside.raw("subject");
  const spki = inside.raw("subjectPKInfo");
  const attributes = inside.explicit(0, "attributes");
  const attribute = attributes.sequence("Attribute");
  const type = attribute.oid("type");
  const extension = attribute.set("values").sequence("Extensions")
    .sequence("Extension");
  const extensionType = extension.oid("extnID");
  const critical = extension.peek() === 1 && extension.boolean("critical");
  const names = readGeneralNames(extension.inOctetString("extnValue"), "");
  inside.end();
  request.raw("signatureAlgorithm");
  const signature = request.bitStringBytes("signature");
  request.end();
  const types = [type, extensionType];
  return { info, version, subject, spki, types, critical, names, signature };
}

Deno.test("createCertificateRequest() asks for names with a signature of the key (RFC 2986)", async () => {
  const { raw, key } = await createCertificateRequest({
    names: ["a.example", "*.b.example", "192.0.2.1"],
  });
  const request = read(raw);
  assertEquals(request.version, 0);
  assertEquals(request.subject.toHex(), "3000");
  assertEquals(request.types, ["1.2.840.113549.1.9.14", "2.5.29.17"]);
  // RFC 5280 section 4.2.1.6: critical where the subject is empty.
  assertEquals(request.critical, true);
  assertEquals(request.names, [
    { type: "dns", value: "a.example" },
    { type: "dns", value: "*.b.example" },
    { type: "ip", value: "192.0.2.1" },
  ]);
  const { publicKey } = await PrivateKey.parse(key);
  assertEquals(request.spki, publicKey.spki);
  assertEquals(
    await verifySignature(
      { kind: "ecdsa", hash: "SHA-256" },
      parsePublicKey(request.spki),
      request.info,
      request.signature,
    ),
    true,
  );
});

Deno.test("createCertificateRequest() takes a key and a subject", async () => {
  const { key } = await issueCertificate({ names: ["x"], keyType: "ed25519" });
  const made = await createCertificateRequest({
    names: ["a.example"],
    subject: "CN=a.example,O=Example",
    key,
  });
  assertEquals(made.key, key);
  const request = read(made.raw);
  assertEquals(request.critical, false);
  assertEquals(request.spki, (await PrivateKey.parse(key)).publicKey.spki);
});

for (
  const [what, options] of [
    ["no names", { names: [] }],
    ["a name that is none", { names: ["a b"] }],
    ["an unknown key type", { names: ["a.example"], keyType: "P-257" }],
    ["an unknown option", { names: ["a.example"], ca: true }],
  ] as const
) {
  Deno.test(`createCertificateRequest() refuses ${what}`, async () => {
    await assertRejects(
      () => createCertificateRequest(options as never),
      TypeError,
    );
  });
}

Deno.test("createCertificateRequest() needs names", async () => {
  for (const options of [{}, { names: [] }]) {
    await assertRejects(
      () => createCertificateRequest(options as never),
      TypeError,
      "it needs names",
    );
  }
});
