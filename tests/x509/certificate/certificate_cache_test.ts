import { assert, assertEquals, assertThrows } from "@std/assert";
import { cachedCertificate } from "../../../x509/certificate/certificate_cache.ts";
import { TlsCertificateError } from "../../../x509/certificate/errors.ts";
import { issueCertificate } from "../../../x509/issue/issue.ts";
import { Certificate } from "../../../x509/mod.ts";

async function issued(name: string): Promise<Uint8Array> {
  const { cert } = await issueCertificate({ names: [name] });
  return (Certificate.fromPem(cert)[0] as Certificate).raw.slice();
}

Deno.test("cachedCertificate() returns what was read of the same bytes", async () => {
  const der = await issued("one.example");
  const first = cachedCertificate(der);
  assertEquals(first.raw, der);
  assert(cachedCertificate(der.slice()) === first);
});

Deno.test("cachedCertificate() keeps bytes of its own", async () => {
  const der = await issued("reused.example");
  const buffer = der.slice();
  const first = cachedCertificate(buffer);
  buffer.fill(0);
  assertEquals(first.raw, der);
  assert(cachedCertificate(der) === first);
});

Deno.test("cachedCertificate() distinguishes bytes with the same end", async () => {
  const der = await issued("two.example");
  const other = der.slice();
  // In the serial number: the signature, at the end, stays.
  const serial = (Certificate.parse(der)).serialNumberBytes;
  const at = indexOf(der, serial) + serial.length - 1;
  other[at] = (other[at] as number) ^ 1;
  const first = cachedCertificate(der);
  const second = cachedCertificate(other);
  assert(first !== second);
  assertEquals(second.raw, other);
  assertEquals(cachedCertificate(der).raw, der);
});

Deno.test("cachedCertificate() lets go of the one that was not shown for longest", async () => {
  const der = await issued("template.example");
  const kept = cachedCertificate(await issued("kept.example"));
  const first = cachedCertificate(der);
  for (let n = 1; n <= 80; n++) {
    const another = der.slice();
    // In the signature, which nobody checks here.
    another[another.length - 1] = n ^ (der.at(-1) as number);
    cachedCertificate(another);
    assert(cachedCertificate(kept.raw) === kept);
  }
  assert(cachedCertificate(der) !== first);
});

Deno.test("cachedCertificate() throws what parse() throws, each time", () => {
  for (let time = 0; time < 2; time++) {
    const error = assertThrows(
      () => cachedCertificate(Uint8Array.of(0x30, 0)),
      TlsCertificateError,
    );
    assertEquals(error.code, "malformed_certificate");
  }
});

function indexOf(bytes: Uint8Array, part: Uint8Array): number {
  for (let at = 0; at + part.length <= bytes.length; at++) {
    if (part.every((byte, index) => bytes[at + index] === byte)) return at;
  }
  return -1;
}
