import { assert, assertEquals } from "@std/assert";
import { X509Certificate } from "node:crypto";
import { rootCertificates } from "node:tls";
import { Certificate } from "../../../x509/certificate/certificate.ts";
import type { NodeCertificate } from "../../../x509/certificate/node_object.ts";
import { sequence, tlv } from "../../../x509/asn1/der.ts";
import { ExtensionOid } from "../../../x509/asn1/oids.ts";
import { certificateDer, commonName, extension } from "../_certificate.ts";
import { opensslEntries } from "../_openssl_certificates.ts";

/** As JSON has it, with bytes in hexadecimal. */
function plain(node: NodeCertificate): Record<string, unknown> {
  return JSON.parse(
    JSON.stringify(
      node,
      (_, value) => value instanceof Uint8Array ? hex(value) : value,
    ),
  );
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0"))
    .join("");
}

function single(pem: string): Certificate {
  const [certificate] = Certificate.fromPem(pem);
  assert(certificate);
  return certificate;
}

for (const { name, pem, node } of opensslEntries) {
  Deno.test(`toNodeObject() is what Node has: ${name}`, () => {
    const ours = plain(single(pem).toNodeObject());
    if (name === "explicit curve") {
      // OpenSSL finds out which curve the parameters spell. RFC 5480 section
      // 2.1.1 forbids them, and no path with such a key is accepted.
      for (const member of ["bits", "pubkey", "asn1Curve", "nistCurve"]) {
        assertEquals(ours[member], undefined);
        assert(node[member]);
        delete node[member];
      }
    }
    assertEquals(ours, node);
  });
}

const nodeVersion = await findNode();

Deno.test({
  name: "toNodeObject() is what Node has: every root of Mozilla's list" +
    (nodeVersion ? "" : " (ignored: there is no `node` on the PATH)"),
  ignore: nodeVersion === undefined,
  async fn() {
    assert(rootCertificates.length > 100);
    const script = `
      const { X509Certificate } = require("node:crypto");
      const pems = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
      const hex = (_, value) => value?.type === "Buffer"
        ? Buffer.from(value.data).toString("hex") : value;
      console.log(JSON.stringify(pems.map((pem) =>
        new X509Certificate(pem).toLegacyObject()), hex));`;
    const child = new Deno.Command("node", {
      args: ["-e", script],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(
      new TextEncoder().encode(JSON.stringify(rootCertificates)),
    );
    await writer.close();
    const { stdout, success } = await child.output();
    assert(success);
    const theirs: Record<string, unknown>[] = JSON.parse(
      new TextDecoder().decode(stdout),
    );
    assertEquals(theirs.length, rootCertificates.length);
    for (const [at, pem] of rootCertificates.entries()) {
      assertEquals(plain(single(pem).toNodeObject()), theirs[at] ?? {});
    }
  },
});

Deno.test("Certificate agrees with the runtime's X509Certificate on every root of Mozilla's list", () => {
  assert(rootCertificates.length > 100);
  for (const pem of rootCertificates) {
    const ours = single(pem);
    const theirs = new X509Certificate(pem);
    assertEquals(ours.fingerprint("SHA-1"), theirs.fingerprint);
    assertEquals(ours.fingerprint("SHA-256"), theirs.fingerprint256);
    assertEquals(ours.fingerprint("SHA-512"), theirs.fingerprint512);
    assertEquals(ours.isCa, theirs.ca);
    assertEquals(ours.notBefore, new Date(theirs.validFrom));
    assertEquals(ours.notAfter, new Date(theirs.validTo));
    assertEquals(hex(ours.raw), hex(new Uint8Array(theirs.raw)));
    assertEquals(
      ours.serialNumber.replace(/^0+/, ""),
      theirs.serialNumber.replace(/^0+/, ""),
    );
    const spki = theirs.publicKey.export({ type: "spki", format: "der" });
    assertEquals(hex(ours.publicKey.spki), hex(new Uint8Array(spki)));
    assertEquals(
      ours.publicKey.type,
      String(theirs.publicKey.asymmetricKeyType),
    );
  }
});

Deno.test("toNodeObject() links the issuers of a chain", () => {
  const issue = (subject: string, issuer: string) =>
    Certificate.parse(
      certificateDer({
        subject: commonName(subject),
        issuer: commonName(issuer),
      }),
    );
  const root = issue("root", "root");
  const middle = issue("middle", "root");
  const leaf = issue("leaf", "middle");
  const node = leaf.toNodeObject([root, leaf, middle]);
  assertEquals(node.issuerCertificate?.subject["CN"], "middle");
  const top = node.issuerCertificate?.issuerCertificate;
  assertEquals(top?.subject["CN"], "root");
  assert(top?.issuerCertificate === top);
  assertEquals(leaf.toNodeObject().issuerCertificate, undefined);
  assertEquals(leaf.toNodeObject([root]).issuerCertificate, undefined);
  const loop = [issue("a", "b"), issue("b", "a")];
  const [a] = loop;
  assertEquals(
    a?.toNodeObject(loop).issuerCertificate?.issuerCertificate,
    undefined,
  );
});

Deno.test("toNodeObject() quotes names that could pass for several", () => {
  const text = (value: string) => {
    const san = sequence(tlv(0x82, new TextEncoder().encode(value)));
    const extensions = [extension(ExtensionOid.subjectAltName, san)];
    return Certificate.parse(certificateDer({ extensions }))
      .toNodeObject().subjectaltname;
  };
  assertEquals(text("a b"), "DNS:a b");
  assertEquals(text("a,b"), String.raw`DNS:"a\u002cb"`);
  assertEquals(text("a\nb"), String.raw`DNS:"a\u000ab"`);
  assertEquals(text("a\0b"), String.raw`DNS:"a\u0000b"`);
  assertEquals(text('a"b'), String.raw`DNS:"a\"b"`);
  assertEquals(text("a'b"), `DNS:"a'b"`);
  assertEquals(text("a\\b"), String.raw`DNS:"a\\b"`);
});

Deno.test("toNodeObject() has no text of X.400 addresses and EDI party names", () => {
  const san = sequence(
    tlv(0xa3, sequence()),
    tlv(0xa5, tlv(0xa1, tlv(0x0c, Uint8Array.of(0x61)))),
  );
  const extensions = [extension(ExtensionOid.subjectAltName, san)];
  const der = certificateDer({ extensions });
  const { subjectaltname } = Certificate.parse(der).toNodeObject();
  assertEquals(
    subjectaltname,
    "X400Name:<unsupported>, EdiPartyName:<unsupported>",
  );
});

async function findNode(): Promise<string | undefined> {
  try {
    const { stdout } = await new Deno.Command("node", {
      args: ["--version"],
    }).output();
    return new TextDecoder().decode(stdout).trim();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
