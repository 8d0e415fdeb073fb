import { assert, assertEquals, assertRejects } from "@std/assert";
import { p256 } from "@noble/curves/nist.js";
import type { Curve, EphemeralKey } from "../../../crypto/groups/curve.ts";
import { curves, ecdhGroup } from "../../../crypto/groups/ecdh.ts";
import { sharedSecret } from "../../../crypto/groups/ecdh_exchange.ts";
import { nobleEphemeralKey } from "../../../crypto/groups/ecdh_noble.ts";
import { nodeEphemeralKey } from "../../../crypto/groups/ecdh_node.ts";
import { webCryptoEphemeralKey } from "../../../crypto/groups/ecdh_webcrypto.ts";
import { nodeCrypto } from "../../../crypto/primitives/node_crypto.ts";
import { TlsProtocolError } from "../../../errors.ts";
import { withoutWebCrypto } from "../_without.ts";
import { hex, label, wycheproof } from "../_wycheproof.ts";

/** A key pair of every implementation. */
async function keys(curve: Curve): Promise<[string, EphemeralKey][]> {
  const node = nodeCrypto();
  const webCrypto = await webCryptoEphemeralKey(curve);
  assert(node && webCrypto, "the tests run where there are both");
  return [
    ["WebCrypto", webCrypto],
    ["node", nodeEphemeralKey(node, curve)],
    // As Node.js before 26 does it.
    ["node, JWK", nodeEphemeralKey(node, curve, "jwk")],
    ["noble", await nobleEphemeralKey(curve)],
  ];
}

for (const curve of Object.values(curves)) {
  Deno.test(`${curve.name} is the same in every implementation`, async () => {
    const ours = await keys(curve);
    for (const [name, key] of ours) {
      assertEquals(key.share.length, curve.shareLength, name);
      for (const [other, peer] of await keys(curve)) {
        const secret = await sharedSecret(curve, key, peer.share);
        assertEquals(
          secret,
          await sharedSecret(curve, peer, key.share),
          `${name}, ${other}`,
        );
        assertEquals(secret.buffer.byteLength, secret.length);
      }
    }
  });
}

for (const name of ["secp256r1", "secp384r1", "secp521r1"] as const) {
  wycheproof(
    `${name} refuses what is no point`,
    `ecdh_${name}_ecpoint_test.json`,
    async (groups) => {
      const curve: Curve = curves[name];
      const all = await keys(curve);
      let refused = 0;
      for (const test of groups.flatMap((group) => group.tests)) {
        const share = hex(test, "public");
        // RFC 9846 section 4.3.8.2 has the uncompressed form alone.
        const good = test.result === "valid" &&
          !test.flags.includes("CompressedPoint");
        if (!good) refused++;
        // The good ones are hard for their private keys, which are our own here.
        else if (test.tcId % 20 !== 0) continue;
        for (const [implementation, key] of all) {
          await check(curve, key, share, good, implementation + label(test));
        }
      }
      assert(refused > 0);
    },
  );
}

for (const name of ["x25519", "x448"] as const) {
  wycheproof(
    `${name} refuses points of small order`,
    `${name}_test.json`,
    async (groups) => {
      const curve: Curve = curves[name];
      const all = await keys(curve);
      let refused = 0;
      for (const test of groups.flatMap((group) => group.tests)) {
        const share = hex(test, "public");
        const good = share.length === curve.shareLength &&
          !test.flags.includes("ZeroSharedSecret");
        if (!good) refused++;
        // The rest differ in the private key, which is our own here.
        else if (!test.flags.some((flag) => INTERESTING.has(flag))) continue;
        for (const [implementation, key] of all) {
          await check(curve, key, share, good, implementation + label(test));
        }
      }
      assert(refused > 5);
    },
  );
}
const INTERESTING = new Set([
  "NonCanonicalPublic",
  "LowOrderPublic",
  "Twist",
  "SpecialPublicKey",
]);

async function check(
  curve: Curve,
  key: EphemeralKey,
  share: Uint8Array,
  good: boolean,
  name: string,
): Promise<void> {
  if (good) {
    await sharedSecret(curve, key, share);
    return;
  }
  const error = await assertRejects(
    () => sharedSecret(curve, key, share),
    TlsProtocolError,
    undefined,
    name,
  );
  assertEquals(error.alert, "illegal_parameter", name);
}

Deno.test("ecdhGroup() refuses other forms of a good point", async () => {
  const group = ecdhGroup(curves.secp256r1);
  const point = p256.getPublicKey(p256.keygen().secretKey, false);
  const hybrid = point.slice();
  hybrid.set([6 + ((point.at(-1) ?? 0) & 1)]);
  const forms = [
    p256.Point.fromBytes(point).toBytes(true),
    hybrid,
    point.subarray(1),
    Uint8Array.of(0),
  ];
  for (const form of forms) {
    const error = await assertRejects(
      () => group.accept(form),
      TlsProtocolError,
    );
    assertEquals(error.alert, "illegal_parameter");
  }
  await group.accept(point);
});

Deno.test("ecdhGroup() works where WebCrypto does not", async () => {
  const key = await withoutWebCrypto(
    ["generateKey"],
    () => webCryptoEphemeralKey(curves.x448),
  );
  assertEquals(key, undefined);
  // Once found missing it stays so.
  assertEquals(await webCryptoEphemeralKey(curves.x448), undefined);
  const group = ecdhGroup(curves.x448);
  const offer = await group.offer();
  const answer = await group.accept(offer.share);
  assertEquals(await offer.complete(answer.share), answer.sharedSecret);
});
