/** Limits of the work that a peer's certificates can ask for, counted in work. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { securityPolicy } from "../../../crypto/suites/security_level.ts";
import { TlsCertificateError } from "../../../x509/certificate/errors.ts";
import { Certificate } from "../../../x509/certificate/certificate.ts";
import {
  bitString,
  boolean,
  integer,
  nullValue,
  oid,
  sequence,
} from "../../../x509/asn1/der.ts";
import { OcspResponse } from "../../../x509/status/ocsp.ts";
import { checkOcspResponse } from "../../../x509/path/ocsp_check.ts";
import type { PublicKey } from "../../../crypto/signatures/public_key.ts";
import { LinkChecker } from "../../../x509/path/signature_links.ts";
import { signatureCost } from "../../../x509/certificate/signature_keys.ts";
import { TrustStore } from "../../../x509/trust/trust_store.ts";
import { verifyChain } from "../../../x509/path/verify.ts";
import { WorkBudget } from "../../../x509/certificate/work_budget.ts";
import { authority, certificateOf, codes } from "../_authority.ts";
import { certificateDer, commonName, extension } from "../_certificate.ts";
import { certId, makeOcspResponse, NOW, single } from "../_revocation.ts";

const SHA256_WITH_RSA = sequence(oid("1.2.840.113549.1.1.11"), nullValue());
const F4 = [1, 0, 1];

const leafKey = certificateOf(await authority("Key")).publicKey;

/** A budget that tells what was computed. */
class Counting extends WorkBudget {
  cost = 0;
  checks = 0;

  override signatureCheck(key: PublicKey, length: number): void {
    super.signatureCheck(key, length);
    this.cost += signatureCost(key, length);
    this.checks++;
  }
}

/** An RSA key whose modulus nobody has chosen; each number makes another. */
function spkiOf(bits: number, exponent: number[], number = 0): Uint8Array {
  const modulus = new Uint8Array(bits / 8).fill(0xb7);
  new DataView(modulus.buffer).setUint16(bits / 16, number);
  const unsigned = (bytes: Uint8Array) => integer(BigInt(`0x${bytes.toHex()}`));
  return sequence(
    sequence(oid("1.2.840.113549.1.1.1"), nullValue()),
    bitString(
      sequence(unsigned(modulus), unsigned(Uint8Array.from(exponent))),
    ),
  );
}

/** A certificate with a made-up RSA signature of that many bits. */
function signedWith(
  bits: number,
  fields: Parameters<typeof certificateDer>[0],
): Certificate {
  return Certificate.parse(certificateDer({
    signature: SHA256_WITH_RSA,
    signatureAlgorithm: SHA256_WITH_RSA,
    signatureValue: bitString(new Uint8Array(bits / 8).fill(0x5a)),
    ...fields,
  }));
}

const ca = commonName("CA");

function cas(
  count: number,
  bits: number,
  exponent: number[],
  issuer: Uint8Array = ca,
): Certificate[] {
  return Array.from({ length: count }, (_, at) =>
    signedWith(bits, {
      subject: ca,
      issuer,
      subjectPublicKeyInfo: spkiOf(bits, exponent, at),
      extensions: [
        extension("2.5.29.19", sequence(boolean(true)), true),
      ],
    }));
}

for (
  const [bits, exponent, most] of [
    [2048, F4, 100],
    [4096, F4, 100],
    [8192, F4, 50],
    [16384, F4, 12],
    [16384, [0xff, 0xff, 0xff, 0xff], 3],
  ] as const
) {
  Deno.test(`LinkChecker computes ${most} signatures of RSA with ${bits} bits and the exponent ${exponent.join()}`, async () => {
    const leaf = signedWith(bits, { subject: commonName("leaf"), issuer: ca });
    const budget = new Counting();
    const links = new LinkChecker(budget);
    let error: unknown;
    for (const issuer of cas(101, bits, [...exponent])) {
      try {
        assertEquals(await links.badLinks([leaf, issuer]), [0]);
      } catch (cause) {
        error = cause;
        break;
      }
    }
    assert(error instanceof TlsCertificateError, String(error));
    assertEquals(error.code, "path_too_complex");
    assertEquals(budget.checks, most);
  });
}

Deno.test("verifyChain() gives up on 56 issuers with RSA of 16384 bits", async () => {
  const root = await authority("Root", undefined, {
    notBefore: new Date("2000-01-01"),
    keyType: "rsa-2048",
  });
  const leaf = signedWith(16384, { subject: commonName("leaf"), issuer: ca });
  const issuers = cas(56, 16384, F4, certificateOf(root).subjectName.raw);
  const verdict = await verifyChain({
    chain: [leaf, ...issuers],
    trust: TrustStore.of(root.cert),
    now: leaf.notBefore,
  });
  assertEquals(codes(verdict), ["path_too_complex"]);
});

Deno.test("checkOcspResponse() computes what the budget has and no more", async () => {
  const [issuer] = cas(1, 16384, [0xff, 0xff, 0xff, 0xff]);
  assert(issuer !== undefined);
  const leaf = signedWith(16384, { subject: commonName("leaf"), issuer: ca });
  const responder = await authority("Responder");
  const { subjectName } = certificateOf(responder);
  // Each is said to be the responder's, and the issuer's key is to be asked.
  const certificates = Array.from({ length: 8 }, (_, at) =>
    signedWith(16384, {
      subject: subjectName.raw,
      issuer: ca,
      subjectPublicKeyInfo: spkiOf(2048, F4, at),
      extensions: [
        extension("2.5.29.37", sequence(oid("1.3.6.1.5.5.7.3.9"))),
      ],
    }));
  const der = await makeOcspResponse({
    responder,
    singles: [single(certId(leaf, issuer))],
    certificates,
  });
  const budget = new Counting();
  const error = await checkOcspResponse({
    response: OcspResponse.parse(der),
    certificate: leaf,
    issuer,
    now: certificates[0]?.notBefore ?? NOW,
    security: securityPolicy(2),
    budget,
  }).catch((error) => error);
  assert(error instanceof TlsCertificateError, Deno.inspect(error));
  assertEquals(error.code, "path_too_complex");
  assertEquals(budget.checks, 3);
});

Deno.test("WorkBudget has fewer signature checks with slow keys and long certificates", () => {
  const cases: [Pick<PublicKey, "type" | "bits" | "curve">, number, number][] =
    [
      [{ type: "ec", bits: 256, curve: "secp256r1" }, 1000, 100],
      [{ type: "ec", bits: 384, curve: "secp384r1" }, 1000, 50],
      [{ type: "ec", bits: 521, curve: "secp521r1" }, 1000, 16],
      [{ type: "ed25519", bits: 256 }, 1000, 100],
      [{ type: "ed448", bits: 456 }, 1000, 33],
      [{ type: "ml-dsa-65", bits: 15616 }, 1000, 33],
      [{ type: "ml-dsa-87", bits: 20736 }, 1000, 33],
      [{ type: "ed25519", bits: 256 }, 2 ** 20, 12],
    ];
  for (const [kind, length, most] of cases) {
    const key: PublicKey = {
      ...kind,
      spki: new Uint8Array(),
      bytes: new Uint8Array(),
      algorithm: leafKey.algorithm,
    };
    const budget = new WorkBudget();
    for (let at = 0; at < most; at++) budget.signatureCheck(key, length);
    const error = assertThrows(
      () => budget.signatureCheck(key, length),
      TlsCertificateError,
    );
    assertEquals(error.code, "path_too_complex", kind.type);
  }
});

Deno.test("WorkBudget ends each of its limits", () => {
  const limits: [string, number, (budget: WorkBudget) => void][] = [
    ["20000 possible issuers", 20_000, (budget) => budget.step()],
    ["250 paths", 250, (budget) => budget.path()],
    ["250000 comparisons", 250_000, (budget) => budget.compare(1)],
  ];
  for (const [name, most, spend] of limits) {
    const budget = new WorkBudget();
    for (let at = 0; at < most; at++) spend(budget);
    const error = assertThrows(() => spend(budget), TlsCertificateError, name);
    assertEquals(error.code, "path_too_complex");
  }
});
