import { assert, assertEquals } from "@std/assert";
import { parsePublicKey } from "../../../crypto/signatures/public_key.ts";
import {
  type SignatureAlgorithm,
  verifySignature,
} from "../../../crypto/signatures/signatures.ts";

const modulusLength = 2048;
const publicExponent = Uint8Array.of(1, 0, 1);
const hash = "SHA-256";
const saltLength = 32;

const CASES: readonly [string, SignatureAlgorithm][] = [
  ["RSASSA-PKCS1-v1_5", { kind: "rsa-pkcs1", hash }],
  ["RSA-PSS", { kind: "rsa-pss", hash, saltLength }],
];

for (const [name, algorithm] of CASES) {
  // A CRL of megabytes must not keep the event loop from others.
  Deno.test(`verifySignature() has WebCrypto hash what is long, with ${name}`, async () => {
    const keys = await crypto.subtle.generateKey(
      { name, hash, modulusLength, publicExponent },
      true,
      ["sign", "verify"],
    );
    const spki = await crypto.subtle.exportKey("spki", keys.publicKey);
    const key = parsePublicKey(new Uint8Array(spki));
    for (const [length, calls] of [[16_384, 0], [16_385, 2]] as const) {
      const data = new Uint8Array(length).fill(7);
      const signature = new Uint8Array(
        await crypto.subtle.sign({ name, saltLength }, keys.privateKey, data),
      );
      const counted = await countVerify(async () => {
        assert(await verifySignature(algorithm, key, data, signature));
        data[length - 1] = 8;
        assert(!await verifySignature(algorithm, key, data, signature));
      });
      assertEquals(counted, calls, `${length} bytes`);
    }
  });
}

/** How often WebCrypto checks a signature during `run`. */
async function countVerify(run: () => Promise<void>): Promise<number> {
  const { verify } = crypto.subtle;
  let count = 0;
  crypto.subtle.verify = function (...args) {
    count++;
    return Reflect.apply(verify, crypto.subtle, args);
  };
  try {
    await run();
  } finally {
    crypto.subtle.verify = verify;
  }
  return count;
}
