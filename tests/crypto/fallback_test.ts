/**
 * A runtime whose WebCrypto has nothing: what was found missing is remembered,
 * so these tests have a file, and with it a process state, of their own.
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { ml_dsa65 } from "@noble/post-quantum/ml-dsa.js";
import { ed25519 } from "@noble/curves/ed25519.js";
import { p256 } from "@noble/curves/nist.js";
import {
  aes128gcm,
  aes256gcm,
  chacha20poly1305,
} from "../../crypto/primitives/aead.ts";
import { randomBytes } from "../../crypto/primitives/bytes.ts";
import { parsePublicKey } from "../../crypto/signatures/public_key.ts";
import { bitString, sequence, Tag, tlv } from "../../x509/asn1/der.ts";
import { ecdsaToDer } from "../../crypto/signatures/ecdsa_signature.ts";
import { namedGroups } from "../../crypto/groups/named_groups.ts";
import { nodeCryptoIfBusy } from "../../crypto/primitives/node_crypto.ts";
import {
  type SignatureAlgorithm,
  verifySignature,
} from "../../crypto/signatures/signatures.ts";
import { joined } from "../../crypto/primitives/sealed.ts";
import { TlsProtocolError } from "../../errors.ts";
import { withoutWebCrypto } from "./_without.ts";

const METHODS = ["importKey", "generateKey", "encrypt", "decrypt", "verify"]
  .concat("deriveBits") as (keyof SubtleCrypto)[];

for (const aead of [aes128gcm, aes256gcm, chacha20poly1305]) {
  Deno.test(`${aead.name} works without WebCrypto`, async () => {
    await withoutWebCrypto(METHODS, async () => {
      const key = await aead.importKey(randomBytes(aead.keyLength));
      for (const length of [0, 20, 16384]) {
        const nonce = randomBytes(12);
        const aad = randomBytes(5);
        const plaintext = randomBytes(length);
        const sealed = await joined(key.seal(nonce, plaintext, aad));
        assertEquals(sealed.length, length + 16);
        assertEquals(await key.open(nonce, sealed, aad), plaintext);
        sealed.set([(sealed.at(-1) ?? 0) ^ 1], length + 15);
        await assertRejects(
          async () => await key.open(nonce, sealed, aad),
          TlsProtocolError,
        );
      }
    });
  });
}

for (const group of namedGroups.filter(({ kind }) => kind !== "ffdh")) {
  Deno.test(`${group.name} works without WebCrypto`, async () => {
    await withoutWebCrypto(METHODS, async () => {
      const offer = await group.offer();
      const answer = await group.accept(offer.share);
      assertEquals(await offer.complete(answer.share), answer.sharedSecret);
      // Of ML-KEM alone, zeros are a key, and numbers above its modulus are not.
      const bad = new Uint8Array(offer.share.length)
        .fill(group.kind === "kem" ? 0xff : 0);
      await assertRejects(() => group.accept(bad), TlsProtocolError);
    });
  });
}

Deno.test("verifySignature() works without WebCrypto", async () => {
  const message = randomBytes(100);
  const ec = p256.keygen();
  const ed = ed25519.keygen();
  const ml = ml_dsa65.keygen();
  const rsa = await rsaSignature(message);
  const cases: [SignatureAlgorithm, Uint8Array, Uint8Array][] = [
    [
      { kind: "ecdsa", hash: "SHA-256" },
      spki(
        "06072a8648ce3d020106082a8648ce3d030107",
        p256.getPublicKey(ec.secretKey, false),
      ),
      ecdsaToDer(p256.sign(message, ec.secretKey)),
    ],
    [
      { kind: "ed25519" },
      spki("06032b6570", ed.publicKey),
      ed25519.sign(message, ed.secretKey),
    ],
    [
      { kind: "ml-dsa-65" },
      spki("0609608648016503040312", ml.publicKey),
      ml_dsa65.sign(message, ml.secretKey),
    ],
    [{ kind: "rsa-pss", hash: "SHA-256", saltLength: 32 }, ...rsa],
  ];
  await withoutWebCrypto(METHODS, async () => {
    for (const [algorithm, spki, signature] of cases) {
      const key = parsePublicKey(spki);
      const verify = (data: Uint8Array, bytes: Uint8Array) =>
        verifySignature(algorithm, key, data, bytes);
      assert(await verify(message, signature), algorithm.kind);
      assert(!await verify(message.subarray(1), signature), algorithm.kind);
      assert(!await verify(message, signature.subarray(1)), algorithm.kind);
    }
  });
});

Deno.test("nodeCryptoIfBusy() stayed out of the tests above", () => {
  assertEquals(nodeCryptoIfBusy(), undefined);
});

async function rsaSignature(
  message: Uint8Array<ArrayBuffer>,
): Promise<[Uint8Array, Uint8Array]> {
  const { publicKey, privateKey } = await crypto.subtle.generateKey(
    {
      name: "RSA-PSS",
      hash: "SHA-256",
      modulusLength: 2048,
      publicExponent: Uint8Array.of(1, 0, 1),
    },
    true,
    ["sign", "verify"],
  );
  const signature = await crypto.subtle.sign(
    { name: "RSA-PSS", saltLength: 32 },
    privateKey,
    message,
  );
  return [
    new Uint8Array(await crypto.subtle.exportKey("spki", publicKey)),
    new Uint8Array(signature),
  ];
}

function spki(identifier: string, key: Uint8Array): Uint8Array {
  return sequence(
    tlv(Tag.SEQUENCE, Uint8Array.fromHex(identifier)),
    bitString(key),
  );
}
