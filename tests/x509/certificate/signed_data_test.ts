import { assert, assertEquals } from "@std/assert";
import { securityPolicy } from "../../../crypto/suites/security_level.ts";
import { readAlgorithm } from "../../../x509/asn1/algorithm.ts";
import {
  bitString,
  derContext,
  DerReader,
  explicit,
  integer,
  nullValue,
  oid,
  sequence,
} from "../../../x509/asn1/der.ts";
import { HashOid, MGF1, SignatureAlgorithm } from "../../../x509/asn1/oids.ts";
import { parsePublicKey } from "../../../crypto/signatures/public_key.ts";
import {
  isCheck,
  signatureCheck,
  verifySignedData,
} from "../../../x509/certificate/signed_data.ts";
import {
  hex,
  label,
  wycheproof,
  type WycheproofGroup,
} from "../../crypto/_wycheproof.ts";

type Hash = keyof typeof HashOid;

const context = derContext("the test's DER", "malformed_certificate");
const level0 = securityPolicy(0);
const level2 = securityPolicy();

function algorithm(der: Uint8Array) {
  return readAlgorithm(DerReader.of(der, context), "algorithm");
}

/** AlgorithmIdentifier of a signature without parameters, or with NULL. */
function named(name: keyof typeof SignatureAlgorithm, withNull = false) {
  const parameters = withNull ? [nullValue()] : [];
  return algorithm(sequence(oid(SignatureAlgorithm[name]), ...parameters));
}

function hashAlgorithm(hash: Hash) {
  return sequence(oid(HashOid[hash]), nullValue());
}

/** RFC 4055 section 3.1; what is the default is left out, as DER wants it. */
function pssParameters(hash: Hash, mgfHash: Hash, saltLength: number) {
  const mgf = sequence(oid(MGF1), hashAlgorithm(mgfHash));
  return sequence(
    ...hash === "SHA-1" ? [] : [explicit(0, hashAlgorithm(hash))],
    ...mgfHash === "SHA-1" ? [] : [explicit(1, mgf)],
    ...saltLength === 20 ? [] : [explicit(2, integer(saltLength))],
  );
}

function pss(hash: Hash, mgfHash: Hash, saltLength: number) {
  return algorithm(sequence(
    oid(SignatureAlgorithm["id-RSASSA-PSS"]),
    pssParameters(hash, mgfHash, saltLength),
  ));
}

/** Checks every case of the groups as signatures of certificates are. */
async function checkGroups(
  groups: readonly WycheproofGroup[],
  algorithmOf: (group: WycheproofGroup) => ReturnType<typeof algorithm>,
): Promise<void> {
  for (const group of groups) {
    const key = parsePublicKey(hex(group, "publicKeyDer"), context);
    const identifier = algorithmOf(group);
    for (const test of group.tests) {
      const right = await verifySignedData({
        algorithm: identifier,
        data: hex(test, "msg"),
        signature: hex(test, "sig"),
      }, key);
      // "acceptable" is DigestInfo without NULL: RFC 8017 section 9.2 has it.
      assertEquals(right, test.result === "valid", label(test));
    }
  }
}

const algorithms = {
  "ecdsa_secp256r1_sha256_test.json": named("ecdsa-with-SHA256"),
  "ecdsa_secp384r1_sha384_test.json": named("ecdsa-with-SHA384"),
  "ecdsa_secp521r1_sha512_test.json": named("ecdsa-with-SHA512"),
  "ed25519_test.json": named("id-Ed25519"),
  "ed448_test.json": named("id-Ed448"),
  "rsa_signature_2048_sha256_test.json": named("sha256WithRSAEncryption", true),
  "rsa_signature_2048_sha384_test.json": named("sha384WithRSAEncryption", true),
  "rsa_signature_2048_sha512_test.json": named("sha512WithRSAEncryption", true),
  "rsa_signature_4096_sha512_test.json": named("sha512WithRSAEncryption", true),
};

for (const [file, identifier] of Object.entries(algorithms)) {
  wycheproof(
    "verifySignedData() tells right from wrong",
    file,
    (groups) => checkGroups(groups, () => identifier),
  );
}

for (
  const file of [
    "rsa_pss_2048_sha256_mgf1_32_test.json",
    "rsa_pss_2048_sha256_mgf1_32_params_test.json",
    "rsa_pss_2048_sha384_mgf1_48_test.json",
    "rsa_pss_4096_sha512_mgf1_64_test.json",
    "rsa_pss_misc_params_test.json",
  ]
) {
  wycheproof(
    "verifySignedData() tells right from wrong",
    file,
    (groups) =>
      checkGroups(groups, ({ sha, mgfSha, sLen }) => {
        assert(isHash(sha) && isHash(mgfSha) && typeof sLen === "number");
        return pss(sha, mgfSha, sLen);
      }),
  );
}

function isHash(value: unknown): value is Hash {
  return typeof value === "string" && value in HashOid;
}

Deno.test("signatureCheck() refuses weak and unknown algorithms", () => {
  const code = (identifier: ReturnType<typeof algorithm>, policy = level2) => {
    const check = signatureCheck(identifier, undefined, policy);
    return isCheck(check) ? check.kind : check.code;
  };
  assertEquals(code(named("sha256WithRSAEncryption", true)), "rsa-pkcs1");
  assertEquals(code(named("sha1WithRSAEncryption", true)), "weak_signature");
  assertEquals(code(named("md5WithRSAEncryption", true)), "weak_signature");
  assertEquals(code(named("md2WithRSAEncryption", true)), "weak_signature");
  assertEquals(code(named("ecdsa-with-SHA1")), "weak_signature");
  assertEquals(code(pss("SHA-1", "SHA-1", 20)), "weak_signature");
  assertEquals(code(pss("SHA-256", "SHA-1", 32)), "weak_signature");
  assertEquals(code(named("md5WithRSAEncryption", true), level0), "rsa-pkcs1");
  assertEquals(
    code(named("md2WithRSAEncryption", true), level0),
    "weak_signature",
  );
  assertEquals(code(named("id-dsa-with-sha256")), "unsupported_signature");
  assertEquals(
    code(algorithm(sequence(oid("1.2.3.4")))),
    "unsupported_signature",
  );
});

Deno.test("signatureCheck() checks the parameters", () => {
  const isChecked = (identifier: ReturnType<typeof algorithm>) =>
    isCheck(signatureCheck(identifier, undefined, level0));
  // RFC 4055 section 5 and RFC 5758 section 3.2: NULL or none.
  assert(isChecked(named("sha256WithRSAEncryption")));
  assert(isChecked(named("ecdsa-with-SHA256", true)));
  const strange = (name: keyof typeof SignatureAlgorithm) =>
    algorithm(sequence(oid(SignatureAlgorithm[name]), integer(1)));
  assert(!isChecked(strange("sha256WithRSAEncryption")));
  assert(!isChecked(strange("ecdsa-with-SHA256")));
  // RFC 8410 section 3: none. RFC 4055 section 3.1: there they are.
  assert(!isChecked(named("id-Ed25519", true)));
  assert(!isChecked(named("id-RSASSA-PSS")));
});

Deno.test("signatureCheck() refuses keys that do not make such signatures", async () => {
  const { publicKey } = await crypto.subtle.generateKey(
    {
      name: "RSA-PSS",
      hash: "SHA-256",
      modulusLength: 2048,
      publicExponent: Uint8Array.of(1, 0, 1),
    },
    true,
    ["sign", "verify"],
  );
  const spki = new Uint8Array(
    await crypto.subtle.exportKey("spki", publicKey),
  );
  const plain = parsePublicKey(spki, context);
  const bits = bitString(plain.bytes);
  const keyWith = (...parameters: Uint8Array[]) =>
    parsePublicKey(
      sequence(
        sequence(oid(SignatureAlgorithm["id-RSASSA-PSS"]), ...parameters),
        bits,
      ),
      context,
    );
  const fits = (
    identifier: ReturnType<typeof algorithm>,
    key: typeof plain,
  ) => {
    const check = signatureCheck(identifier, key, level0);
    if (isCheck(check)) return true;
    assertEquals(check.code, "bad_signature");
    return false;
  };
  const pkcs1 = named("sha256WithRSAEncryption", true);
  const sha256 = pss("SHA-256", "SHA-256", 32);
  assert(fits(pkcs1, plain) && fits(sha256, plain));
  assert(!fits(named("ecdsa-with-SHA256"), plain));
  assert(!fits(named("id-Ed25519"), plain));
  // RFC 4055 section 1.2: the OID of RSASSA-PSS is for RSASSA-PSS alone.
  assert(!fits(pkcs1, keyWith()) && fits(sha256, keyWith()));
  // Section 3.3: parameters of the key bind those of the signature.
  const bound = keyWith(pssParameters("SHA-256", "SHA-256", 32));
  assert(fits(sha256, bound) && fits(pss("SHA-256", "SHA-256", 64), bound));
  assert(!fits(pss("SHA-256", "SHA-256", 31), bound));
  assert(!fits(pss("SHA-384", "SHA-384", 48), bound));
  assert(!fits(pss("SHA-384", "SHA-256", 48), bound));
  assert(!fits(pss("SHA-256", "SHA-384", 32), bound));
});
