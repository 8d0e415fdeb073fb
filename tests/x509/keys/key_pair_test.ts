import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { TlsError } from "../../../errors.ts";
import { TlsCertificateError } from "../../../x509/certificate/errors.ts";
import { Certificate } from "../../../x509/certificate/certificate.ts";
import { issueCertificate } from "../../../x509/issue/issue.ts";
import { isSamePublicKey, parseKeyPair } from "../../../x509/keys/key_pair.ts";
import { loadKeyPair } from "../../../x509/keys/load_key_pair.ts";
import { PrivateKey, type Signer } from "../../../x509/keys/private_key.ts";
import { ExtensionOid } from "../../../x509/asn1/oids.ts";
import { withoutExtensions } from "../_authority.ts";
import { certificateDer, ecKey } from "../_certificate.ts";
import { pathOf, readText } from "../_files.ts";
import { openssl, opensslTest, opensslText } from "../_openssl.ts";

const root = await issueCertificate({ ca: true, subject: "Root" });
const upper = await issueCertificate({
  ca: true,
  subject: "Upper",
  issuer: root,
});
const lower = await issueCertificate({
  ca: true,
  subject: "Lower",
  issuer: upper,
});
const leaf = await issueCertificate({
  names: ["a.example.com"],
  issuer: lower,
});

function subjects(identity: { chain: readonly { subject: string }[] }) {
  return identity.chain.map(({ subject }) => subject.slice(3));
}

Deno.test("parseKeyPair() puts the chain in order, the leaf first", async () => {
  const [a, b, c] = leaf.identity.chain.map((one) => one.toPem());
  const expected = ["a.example.com", "Lower", "Upper"];
  for (const pem of [[a, b, c], [c, b, a], [b, c, a], [c, a, b]]) {
    const identity = await parseKeyPair(pem.join("text\n"), leaf.key);
    assertEquals(subjects(identity), expected);
  }
  const withRoot = [root.cert, c, b, a].join("");
  assertEquals(
    subjects(await parseKeyPair(withRoot, leaf.key)),
    [...expected, "Root"],
  );
});

Deno.test("parseKeyPair() keeps certificates that are not in the chain after it", async () => {
  const other = await issueCertificate({ ca: true, subject: "Other" });
  const identity = await parseKeyPair(other.cert + leaf.cert, leaf.key);
  assertEquals(subjects(identity), [
    "a.example.com",
    "Lower",
    "Upper",
    "Other",
  ]);
});

Deno.test("parseKeyPair() chooses among issuers of one name by key identifier", async () => {
  const twin = await issueCertificate({
    ca: true,
    subject: "Lower",
    issuer: upper,
  });
  const [twinCertificate] = twin.identity.chain;
  const [, lowerCertificate] = leaf.identity.chain;
  const identity = await parseKeyPair(twin.cert + leaf.cert, leaf.key);
  assertEquals(identity.chain[1]?.raw, lowerCertificate?.raw);
  assertEquals(identity.chain.at(-1)?.raw, twinCertificate?.raw);
  // One that says nothing of its key is not taken before one that does.
  const silent = await withoutExtensions(
    twin,
    upper,
    ExtensionOid.subjectKeyIdentifier,
  );
  const [silentCertificate] = silent.identity.chain;
  const other = await parseKeyPair(
    `${silentCertificate?.toPem()}${leaf.cert}`,
    leaf.key,
  );
  assertEquals(other.chain[1]?.raw, lowerCertificate?.raw);
});

Deno.test("parseKeyPair() reads DER and certificates that were read before", async () => {
  const { chain } = leaf.identity;
  const [first] = chain;
  const fromDer = await parseKeyPair(first?.raw ?? "", leaf.key);
  assertEquals(subjects(fromDer), ["a.example.com"]);
  assertEquals(subjects(await parseKeyPair(chain, leaf.key)).length, 3);
  const bytes = new TextEncoder().encode(leaf.cert);
  assertEquals(subjects(await parseKeyPair(bytes, leaf.key)).length, 3);
});

Deno.test("parseKeyPair() refuses a key that belongs to no certificate", async () => {
  const error = await assertRejects(
    () => parseKeyPair(leaf.cert, root.key),
    TlsError,
  );
  assertEquals(error.code, "key_mismatch");
  assertStringIncludes(error.message, '"CN=a.example.com"');
  const rsa = readText("keys/rsa.pkcs1.pem");
  const other = await assertRejects(
    () => parseKeyPair(leaf.cert, rsa),
    TlsError,
  );
  assertEquals(other.code, "key_mismatch");
  assertStringIncludes(
    other.message,
    'Cannot use the key pair: the private key (rsa, 2048 bits) does not belong to the certificate of "CN=a.example.com" (ec, secp256r1)',
  );
});

Deno.test("parseKeyPair() accepts a Signer and checks it too", async () => {
  const key = await PrivateKey.parse(leaf.key);
  const signer: Signer = {
    publicKey: key.publicKey,
    sign: (scheme, data) => key.sign(scheme, data),
  };
  assertEquals((await parseKeyPair(leaf.cert, signer)).key, signer);
  const error = await assertRejects(
    () => parseKeyPair(root.cert, signer),
    TlsError,
  );
  assertEquals(error.code, "key_mismatch");
  // A caller without types.
  const parse = parseKeyPair as (
    cert: string,
    key: unknown,
  ) => Promise<unknown>;
  await assertRejects(
    () => parse(leaf.cert, { publicKey: key.publicKey }),
    TypeError,
  );
});

Deno.test("parseKeyPair() says what was given in place of certificates", async () => {
  const error = await assertRejects(
    () => parseKeyPair(leaf.key, leaf.key),
    TlsCertificateError,
  );
  assertEquals(error.code, "malformed_certificate");
  assertStringIncludes(error.message.toLowerCase(), "private key");
  await assertRejects(
    () => parseKeyPair([], leaf.key),
    TypeError,
    "expected PEM, DER or a list of Certificate",
  );
});

opensslTest(
  "parseKeyPair() knows a key whose certificate has a compressed point",
  async () => {
    const key = await opensslText([
      ...["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
    ]);
    const compressed = await opensslText(
      ["ec", "-conv_form", "compressed"],
      key,
    );
    const cert = await openssl(
      ["req", "-x509", "-key", "/dev/stdin", "-subj", "/CN=a.example.com"],
      compressed,
    );
    const identity = await parseKeyPair(cert, key);
    assertEquals(identity.chain[0]?.publicKey.bytes.length, 49);
  },
);

Deno.test("isSamePublicKey() compares x and the sign of y with a compressed point", async () => {
  const issued = await Promise.all(
    Array.from({ length: 3 }, () => issueCertificate({ names: ["a.test"] })),
  );
  const keys = issued.map(({ identity }) => identity.key.publicKey);
  const signOf = (point: Uint8Array) => 2 + ((point.at(-1) ?? 0) & 1);
  for (const { bytes } of keys) {
    const { publicKey } = Certificate.parse(certificateDer({
      subjectPublicKeyInfo: ecKey(
        Uint8Array.of(signOf(bytes), ...bytes.subarray(1, 33)),
      ),
    }));
    // Two of the three have the same sign.
    assertEquals(
      keys.map((key) => isSamePublicKey(publicKey, key)),
      keys.map((key) => key.bytes === bytes),
    );
  }
});

Deno.test("loadKeyPair() reads both files", async () => {
  const identity = await loadKeyPair(
    pathOf("keys/ec.cert.pem"),
    new URL("../testdata/keys/ec.pbes2.pem", import.meta.url),
    { passphrase: "secret" },
  );
  assertEquals(identity.chain[0]?.subject, "CN=key.example.com");
});

Deno.test("loadKeyPair() passes on that a file is missing", async () => {
  await assertRejects(
    () => loadKeyPair(pathOf("keys/none.pem"), pathOf("keys/ec.pkcs8.pem")),
    Deno.errors.NotFound,
    "none.pem",
  );
});
