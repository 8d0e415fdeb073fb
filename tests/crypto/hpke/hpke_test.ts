import { assert, assertEquals, assertRejects } from "@std/assert";
import { sharedSecret } from "../../../crypto/groups/ecdh_exchange.ts";
import { staticKey } from "../../../crypto/groups/static_key.ts";
import {
  hasSuite,
  setupBaseReceiver,
  setupBaseSender,
} from "../../../crypto/hpke/hpke.ts";
import {
  generateKemKey,
  importKemKey,
  type Kem,
  type KemKey,
  kems,
} from "../../../crypto/hpke/kem.ts";
import type { KeyShareOffer } from "../../../crypto/primitives/provider.ts";
import { TlsProtocolError } from "../../../errors.ts";
import { rfc9180 } from "../../vectors/rfc9180.ts";

const hex = (text: string) => Uint8Array.fromHex(text);

function kemOf(id: number): Kem {
  const kem = kems.find((kem) => kem.id === id);
  assert(kem !== undefined);
  return kem;
}

async function keyOf(
  kem: Kem,
  privateKey: Uint8Array,
  publicKey: Uint8Array,
): Promise<KemKey> {
  const key = await importKemKey(kem, privateKey, publicKey);
  assert(key !== undefined);
  return key;
}

/** The ephemeral key of a vector. */
async function ephemeralOf(
  { curve }: Kem,
  skEm: string,
  enc: string,
): Promise<KeyShareOffer> {
  const key = await staticKey(curve, hex(skEm));
  return {
    share: hex(enc),
    complete: (peer) => sharedSecret(curve, key, peer),
  };
}

for (const vector of rfc9180) {
  const kem = kemOf(vector.kemId);
  const title = `${kem.name}, KDF ${vector.kdfId}, AEAD ${vector.aeadId}`;

  Deno.test(`HPKE seals and opens as RFC 9180 has it: ${title}`, async () => {
    const { info, skRm, pkRm, skEm, enc, encryptions } = vector;
    assert(encryptions.length >= 2);
    const sender = await setupBaseSender(
      kem,
      vector,
      hex(pkRm),
      hex(info),
      await ephemeralOf(kem, skEm, enc),
    );
    assertEquals(sender.enc.toHex(), enc);
    const receiver = await setupBaseReceiver(
      await keyOf(kem, hex(skRm), hex(pkRm)),
      vector,
      hex(enc),
      hex(info),
    );
    let at = 0;
    for (const { sequence, aad, pt, ct } of encryptions) {
      for (; at < sequence; at++) {
        await sender.context.seal(hex(""), hex(""));
        await receiver.open(hex(""), hex(""));
      }
      at++;
      const sealed = await sender.context.seal(hex(aad), hex(pt));
      assertEquals(sealed.toHex(), ct);
      const opened = await receiver.open(hex(aad), hex(ct));
      assertEquals(opened?.toHex(), pt);
    }
  });
}

for (const kem of kems) {
  Deno.test(`${kem.name}: what was made is opened, what was altered is not`, async () => {
    const { privateKey, publicKey } = await generateKemKey(kem);
    const key = await keyOf(kem, privateKey, publicKey);
    const suite = { kdfId: 1, aeadId: 3 };
    const info = hex("0102");
    const { enc, context } = await setupBaseSender(kem, suite, publicKey, info);
    const sealed = await context.seal(hex("0a"), hex("0b0c"));
    const open = async (aad: string, bytes: Uint8Array, i = info) =>
      await (await setupBaseReceiver(key, suite, enc, i))
        .open(hex(aad), bytes);
    assertEquals(await open("0a", sealed), hex("0b0c"));
    assertEquals(await open("0b", sealed), undefined);
    assertEquals(await open("0a", sealed, hex("03")), undefined);
    assertEquals(await open("0a", sealed.map((byte) => byte ^ 1)), undefined);
    assertEquals(await open("0a", sealed.subarray(0, 15)), undefined);
  });

  Deno.test(`${kem.name}: keys that do not belong together are refused`, async () => {
    const one = await generateKemKey(kem);
    const two = await generateKemKey(kem);
    const key = await importKemKey(kem, one.privateKey, two.publicKey);
    assertEquals(key, undefined);
  });

  Deno.test(`${kem.name}: encapsulated and public keys that are none are refused`, async () => {
    const { privateKey, publicKey } = await generateKemKey(kem);
    const key = await keyOf(kem, privateKey, publicKey);
    const suite = { kdfId: 1, aeadId: 1 };
    for (
      const wrong of [
        publicKey.subarray(1),
        new Uint8Array(publicKey.length),
        new Uint8Array(),
      ]
    ) {
      await assertRejects(
        () => setupBaseReceiver(key, suite, wrong, hex("")),
        TlsProtocolError,
      );
      await assertRejects(
        () => setupBaseSender(kem, suite, wrong, hex("")),
        TlsProtocolError,
      );
    }
  });
}

Deno.test("hasSuite() knows KDFs and AEADs by their numbers", () => {
  assert(hasSuite({ kdfId: 1, aeadId: 1 }));
  assert(!hasSuite({ kdfId: 1, aeadId: 0xffff }));
  assert(!hasSuite({ kdfId: 0x1111, aeadId: 1 }));
});
