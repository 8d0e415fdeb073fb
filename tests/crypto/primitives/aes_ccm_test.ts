import { concat } from "@std/bytes";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { ecb } from "@noble/ciphers/aes.js";
import {
  aes128ccm,
  aes128ccm8,
  aes256ccm,
  aes256ccm8,
} from "../../../crypto/primitives/aes_ccm.ts";
import { randomBytes } from "../../../crypto/primitives/bytes.ts";
import { joined } from "../../../crypto/primitives/sealed.ts";
import { TlsProtocolError } from "../../../errors.ts";
import { hex, label, wycheproof } from "../_wycheproof.ts";

const ALL = [aes128ccm, aes128ccm8, aes256ccm, aes256ccm8];

/** RFC 3610 sections 2.2 and 2.3 block by block, with L = 3. */
function reference(
  key: Uint8Array,
  tagLength: number,
  nonce: Uint8Array,
  text: Uint8Array,
  data: Uint8Array,
): Uint8Array {
  const aes = (block: Uint8Array) =>
    ecb(key, { disablePadding: true }).encrypt(block);
  const xor = (a: Uint8Array, b: Uint8Array) =>
    a.map((byte, at) => byte ^ (b[at] ?? 0));
  const pad = (bytes: Uint8Array) =>
    concat([bytes, new Uint8Array((16 - bytes.length % 16) % 16)]);
  const uint = (size: number, value: number) =>
    Uint8Array.from(
      { length: size },
      (_, at) => value >> 8 * (size - 1 - at) & 0xff,
    );
  const flags = (data.length ? 64 : 0) + 8 * (tagLength - 2) / 2 + 2;
  const input = concat([
    Uint8Array.of(flags),
    nonce,
    uint(3, text.length),
    data.length ? pad(concat([uint(2, data.length), data])) : data,
    pad(text),
  ]);
  let mac = new Uint8Array(16);
  for (let at = 0; at < input.length; at += 16) {
    mac = new Uint8Array(aes(xor(input.slice(at, at + 16), mac)));
  }
  const stream = (index: number) =>
    aes(concat([Uint8Array.of(2), nonce, uint(3, index)]));
  const sealed = text.slice();
  for (let at = 0; at < text.length; at += 16) {
    sealed.set(xor(text.slice(at, at + 16), stream(at / 16 + 1)), at);
  }
  return concat([sealed, xor(mac, stream(0)).slice(0, tagLength)]);
}

for (const aead of ALL) {
  Deno.test(`${aead.name} seals as RFC 3610 says block by block`, async () => {
    const raw = randomBytes(aead.keyLength);
    const key = await aead.importKey(raw);
    for (const length of [0, 1, 15, 16, 17, 31, 32, 255, 4096, 16401]) {
      for (const dataLength of [0, 5, 13, 14, 15, 30, 0xfeff]) {
        const nonce = randomBytes(12);
        const text = randomBytes(length);
        const data = randomBytes(dataLength);
        const sealed = await joined(key.seal(nonce, text, data));
        assertEquals(
          sealed,
          reference(raw, aead.tagLength, nonce, text, data),
          `${length}, ${dataLength}`,
        );
        const opened = await key.open(nonce, sealed, data);
        assertEquals(opened, text);
        assertEquals(opened.buffer.byteLength, length);
        assertEquals(sealed.buffer.byteLength, sealed.length);
      }
    }
  });

  Deno.test(`${aead.name} open() refuses any altered input`, async () => {
    const key = await aead.importKey(randomBytes(aead.keyLength));
    const nonce = randomBytes(12);
    const data = randomBytes(5);
    const sealed = await joined(key.seal(nonce, randomBytes(20), data));
    const refused = async (...inputs: Parameters<typeof key.open>) => {
      const error = await assertRejects(
        async () => await key.open(...inputs),
        TlsProtocolError,
      );
      assertEquals(error.alert, "bad_record_mac");
    };
    for (let at = 0; at < sealed.length; at++) {
      const altered = sealed.slice();
      altered.set([(altered[at] ?? 0) ^ 0x80], at);
      await refused(nonce, altered, data);
      await refused(nonce, sealed.subarray(0, at), data);
    }
    await refused(nonce, sealed, randomBytes(5));
    await refused(randomBytes(12), sealed, data);
  });

  Deno.test(`${aead.name} lets callers reuse what they passed in`, async () => {
    const raw = randomBytes(aead.keyLength);
    const importing = aead.importKey(raw);
    const same = await aead.importKey(raw.slice());
    raw.fill(0);
    const key = await importing;
    const inputs = [12, 100, 5].map(randomBytes);
    const [nonce, text, data] = inputs;
    assert(nonce && text && data);
    const [n, t, d] = inputs.map((input) => input.slice());
    assert(n && t && d);
    const expected = await joined(same.seal(n, t, d));
    const sealing = joined(key.seal(nonce, text, data));
    inputs.forEach((input) => input.fill(0));
    assertEquals(await sealing, expected);
    nonce.set(n), data.set(d);
    const sealed = expected.slice();
    const opening = key.open(nonce, sealed, data);
    [...inputs, sealed].forEach((input) => input.fill(0));
    assertEquals(await opening, t);
  });

  Deno.test(`${aead.name} refuses keys and data of a wrong length`, async () => {
    await assertRejects(
      async () => await aead.importKey(new Uint8Array(aead.keyLength - 1)),
      RangeError,
    );
    const key = await aead.importKey(new Uint8Array(aead.keyLength));
    await assertRejects(
      async () =>
        await joined(key.seal(
          new Uint8Array(12),
          new Uint8Array(1),
          new Uint8Array(0xff00),
        )),
      RangeError,
    );
    // RFC 3610 section 2.2: what two bytes of length hold, without 0xff00 on.
    const longest = new Uint8Array(0xff00 - 1);
    const nonce = new Uint8Array(12);
    const text = Uint8Array.of(1, 2);
    const sealed = await joined(key.seal(nonce, text, longest));
    assertEquals(await key.open(nonce, sealed, longest), text);
    // And three bytes for the text.
    await assertRejects(
      async () =>
        await joined(
          key.seal(nonce, new Uint8Array(2 ** 24), new Uint8Array()),
        ),
      RangeError,
      "16 MiB",
    );
    for (let length = 0; length < aead.tagLength; length++) {
      await assertRejects(
        async () => await key.open(nonce, new Uint8Array(length), longest),
        TlsProtocolError,
      );
    }
  });
}

wycheproof("AES-CCM", "aes_ccm_test.json", async (groups) => {
  const seen = new Set<string>();
  for (const group of groups) {
    const aead = ALL.find((row) =>
      row.keyLength * 8 === group.keySize && row.tagLength * 8 === group.tagSize
    );
    if (aead === undefined || group.ivSize !== 96) continue;
    for (const test of group.tests) {
      seen.add(aead.name);
      const key = await aead.importKey(hex(test, "key"));
      const nonce = hex(test, "iv");
      const aad = hex(test, "aad");
      const sealed = Uint8Array.fromHex(`${test.ct}${test.tag}`);
      if (test.result === "valid") {
        const message = hex(test, "msg");
        assertEquals(
          await joined(key.seal(nonce, message, aad)),
          sealed,
          label(test),
        );
        assertEquals(await key.open(nonce, sealed, aad), message, label(test));
      } else {
        await assertRejects(
          async () => await key.open(nonce, sealed, aad),
          TlsProtocolError,
          undefined,
          label(test),
        );
      }
    }
  }
  assertEquals(seen.size, ALL.length);
});
