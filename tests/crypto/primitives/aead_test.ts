import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertThrows,
} from "@std/assert";
import {
  aes128gcm,
  aes256gcm,
  BULK_LENGTH,
  chacha20poly1305,
} from "../../../crypto/primitives/aead.ts";
import {
  NOBLE_BUSY_AFTER,
  nobleAesGcmKey,
  nobleChaCha20Poly1305Key,
} from "../../../crypto/primitives/aead_noble.ts";
import { NodeAeadKey } from "../../../crypto/primitives/aead_node.ts";
import { WebCryptoAeadKey } from "../../../crypto/primitives/aead_webcrypto.ts";
import { randomBytes } from "../../../crypto/primitives/bytes.ts";
import {
  BUSY_AFTER,
  nodeCrypto,
} from "../../../crypto/primitives/node_crypto.ts";
import type {
  AeadAlgorithm,
  AeadKey,
} from "../../../crypto/primitives/provider.ts";
import { joined } from "../../../crypto/primitives/sealed.ts";
import { TlsProtocolError } from "../../../errors.ts";
import { hex, label, wycheproof } from "../_wycheproof.ts";

function noFallback(): never {
  throw new TypeError("WebCrypto should have had this algorithm");
}

/** Every implementation of a row, and the row with its own choice. */
async function paths(
  aead: AeadAlgorithm,
  key: Uint8Array,
): Promise<[string, AeadKey][]> {
  const node = nodeCrypto();
  assert(node, "the tests run where there is node:crypto");
  const chacha = aead === chacha20poly1305;
  return [
    ["chosen", await aead.importKey(key)],
    [
      "noble",
      await (chacha ? nobleChaCha20Poly1305Key(key) : nobleAesGcmKey(key)),
    ],
    ["node", new NodeAeadKey(node, aead.name.toLowerCase(), key)],
    [
      "WebCrypto",
      new WebCryptoAeadKey(
        chacha
          ? { name: "ChaCha20-Poly1305", format: "raw-secret" }
          : { name: "AES-GCM", format: "raw" },
        key,
        noFallback,
      ),
    ],
  ];
}

const LENGTHS = [0, 1, 15, 16, 17, 32, 256, 1024, BULK_LENGTH - 16]
  .concat(BULK_LENGTH - 1, BULK_LENGTH, BULK_LENGTH + 1, 16384, 16401);

for (const aead of [aes128gcm, aes256gcm, chacha20poly1305]) {
  Deno.test(`${aead.name} is the same in every implementation`, async () => {
    const all = await paths(aead, randomBytes(aead.keyLength));
    for (const length of LENGTHS) {
      for (const aad of [new Uint8Array(), randomBytes(5), randomBytes(13)]) {
        const nonce = randomBytes(12);
        const plaintext = randomBytes(length);
        let expected: Uint8Array | undefined;
        for (const [path, key] of all) {
          const sealed = await joined(key.seal(nonce, plaintext, aad));
          expected ??= sealed;
          assertEquals(sealed.length, length + aead.tagLength);
          assertEquals(sealed, expected, `${path} seal ${length}`);
          assertOwned(sealed, plaintext);
          const opened = await key.open(nonce, sealed, aad);
          assertEquals(opened, plaintext, `${path} open ${length}`);
          assertOwned(opened, sealed);
        }
      }
    }
  });

  Deno.test(`${aead.name} open() refuses any altered input`, async () => {
    const all = await paths(aead, randomBytes(aead.keyLength));
    const nonce = randomBytes(12);
    const aad = randomBytes(5);
    for (const length of [0, 20, BULK_LENGTH]) {
      for (const [path, key] of all) {
        const sealed = await joined(key.seal(nonce, randomBytes(length), aad));
        const refused = async (
          n: Uint8Array,
          c: Uint8Array,
          a: Uint8Array,
          what: string,
        ) => {
          const error = await assertRejects(
            async () => await key.open(n, c, a),
            TlsProtocolError,
            undefined,
            `${path} ${what} ${length}`,
          );
          assertEquals(error.alert, "bad_record_mac");
        };
        for (const at of [0, length, sealed.length - 1]) {
          await refused(nonce, flipped(sealed, at), aad, `byte ${at}`);
        }
        await refused(flipped(nonce, 11), sealed, aad, "nonce");
        await refused(nonce, sealed, flipped(aad, 0), "additional data");
        await refused(nonce, sealed.subarray(1), aad, "first byte gone");
        await refused(nonce, sealed.subarray(0, -1), aad, "last byte gone");
        for (const short of [0, 1, 15]) {
          await refused(nonce, sealed.subarray(0, short), aad, `${short} left`);
        }
      }
    }
  });

  Deno.test(`${aead.name} lets callers reuse what they passed in`, async () => {
    const raw = randomBytes(aead.keyLength);
    for (const length of [20, BULK_LENGTH]) {
      // A new key at each length: its first calls overlap the import.
      for (const [path, key] of await paths(aead, raw.slice())) {
        const nonce = randomBytes(12);
        const aad = randomBytes(5);
        const plaintext = randomBytes(length);
        const expected = await joined(
          (await aead.importKey(raw)).seal(nonce, plaintext, aad),
        );
        for (let round = 0; round < 3; round++) {
          const inputs = [nonce.slice(), plaintext.slice(), aad.slice()];
          const [n, p, a] = inputs;
          assert(n && p && a);
          const sealing = joined(key.seal(n, p, a));
          inputs.forEach((input) => input.fill(0));
          assertEquals(await sealing, expected, `${path} seal`);
          n.set(nonce), a.set(aad);
          const sealed = expected.slice();
          const opening = key.open(n, sealed, a);
          [...inputs, sealed].forEach((input) => input.fill(0));
          assertEquals(await opening, plaintext, `${path} open`);
        }
      }
    }
  });

  Deno.test(`${aead.name} mixes sizes in flight under one key`, async () => {
    const key = await aead.importKey(randomBytes(aead.keyLength));
    const aad = randomBytes(5);
    const messages = Array.from({ length: 60 }, (_, index) => {
      const nonce = randomBytes(12);
      const plaintext = randomBytes(index % 3 ? 30 : 9000);
      return {
        nonce,
        plaintext,
        sealed: joined(key.seal(nonce, plaintext, aad)),
      };
    });
    const opened = await Promise.all(
      messages.map(async ({ nonce, sealed }) =>
        key.open(nonce, await sealed, aad)
      ),
    );
    assertEquals(opened, messages.map(({ plaintext }) => plaintext));
  });

  Deno.test(`${aead.name} importKey() refuses a key of another length`, () => {
    for (const length of [0, aead.keyLength - 1, aead.keyLength + 1]) {
      assertThrows(() => aead.importKey(new Uint8Array(length)), RangeError);
    }
  });
}

Deno.test("chacha20poly1305 leaves the first small messages of a process to WebCrypto", async () => {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", import.meta.resolve("./_first_messages.ts")],
  }).output();
  assert(code === 0, new TextDecoder().decode(stderr));
  const { atOnce, texts } = JSON.parse(new TextDecoder().decode(stdout));
  const later = Array<boolean>(NOBLE_BUSY_AFTER).fill(false);
  assertEquals(atOnce, [...later, ...later.map(() => true)]);
  // Both make the same of them.
  assertEquals(texts, 1);
});

Deno.test("WebCryptoAeadKey falls back where WebCrypto lacks the algorithm", async () => {
  const raw = randomBytes(32);
  const nonce = randomBytes(12);
  const aad = randomBytes(5);
  for (let round = 0; round < 2; round++) {
    const key = new WebCryptoAeadKey(
      { name: "No-Such-AEAD", format: "raw" },
      raw,
      nobleChaCha20Poly1305Key,
    );
    const first = joined(key.seal(nonce, randomBytes(9), aad));
    const [sealed] = await Promise.all([
      first,
      joined(key.seal(nonce, randomBytes(9), aad)),
    ]);
    assertEquals((await key.open(nonce, sealed, aad)).length, 9);
    await assertRejects(
      () => key.open(nonce, flipped(sealed, 0), aad),
      TlsProtocolError,
    );
  }
});

wycheproof("aes128gcm, aes256gcm", "aes_gcm_test.json", async (groups) => {
  let cases = 0;
  for (const group of groups) {
    // TLS has 96-bit nonces and no 192-bit keys.
    if (group.ivSize !== 96 || group.keySize === 192) continue;
    assertEquals(group.tagSize, 128);
    const aead = group.keySize === 128 ? aes128gcm : aes256gcm;
    for (const test of group.tests) {
      await check(aead, test);
      cases++;
    }
  }
  assert(cases > 50, `only ${cases} cases fit`);
});

wycheproof(
  "chacha20poly1305",
  "chacha20_poly1305_test.json",
  async (groups) => {
    let cases = 0;
    for (const group of groups) {
      if (group.ivSize !== 96) continue;
      for (const test of group.tests) {
        await check(chacha20poly1305, test);
        cases++;
      }
    }
    assert(cases > 200, `only ${cases} cases fit`);
  },
);

async function check(
  aead: AeadAlgorithm,
  test: Parameters<typeof label>[0],
): Promise<void> {
  const nonce = hex(test, "iv");
  const aad = hex(test, "aad");
  const message = hex(test, "msg");
  const sealed = Uint8Array.fromHex(`${test.ct}${test.tag}`);
  for (const [path, key] of await paths(aead, hex(test, "key"))) {
    const name = `${path} ${label(test)}`;
    if (test.result === "valid") {
      assertEquals(await joined(key.seal(nonce, message, aad)), sealed, name);
      assertEquals(await key.open(nonce, sealed, aad), message, name);
    } else {
      await assertRejects(
        async () => await key.open(nonce, sealed, aad),
        TlsProtocolError,
        undefined,
        name,
      );
    }
  }
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = new Uint8Array(bytes);
  copy.set([(copy.at(at) ?? 0) ^ 1], at);
  return copy;
}

/** The result can be transferred into a byte stream, with nothing beside it. */
function assertOwned(bytes: Uint8Array, input: Uint8Array): void {
  assertInstanceOf(bytes.buffer, ArrayBuffer);
  assertEquals(bytes.constructor, Uint8Array);
  assertEquals(bytes.byteLength, bytes.buffer.byteLength);
  assert(bytes.buffer !== input.buffer);
}

Deno.test("AeadKey.seal() returns the same with the tag apart and without", async () => {
  for (const algorithm of [aes128gcm, chacha20poly1305]) {
    const bytes = new Uint8Array(algorithm.keyLength);
    const nonce = new Uint8Array(12);
    const header = Uint8Array.of(1, 2, 3, 4, 5);
    const chosen = await algorithm.importKey(bytes);
    // From then on it chooses `node:crypto` for small messages.
    for (let n = 0; n <= BUSY_AFTER; n++) {
      await joined(chosen.seal(nonce, header, header));
    }
    assertEquals(chosen.seal(nonce, header, header).tag?.length, 16);
    for (const length of [0, 1, 100, 16385]) {
      const content = new Uint8Array(length).fill(length);
      const all = new Map<string, Uint8Array>();
      for (const [name, key] of await paths(algorithm, bytes)) {
        const { ciphertext, tag } = key.seal(nonce, content, header);
        if (name === "node") assertEquals(tag?.length, 16);
        all.set(name, Uint8Array.of(...await ciphertext, ...(tag ?? [])));
      }
      const expected = all.get("noble");
      for (const [name, sealed] of all) assertEquals(sealed, expected, name);
    }
  }
});
