import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { concat } from "@std/bytes";
import { createHmac } from "node:crypto";
import { protection } from "../../crypto/suites/cipher_suite.ts";
import type { CbcCipher } from "../../crypto/suites/cipher_suite.ts";
import { tripleDesCbc } from "../../crypto/primitives/triple_des.ts";
import { sha1 } from "../../crypto/primitives/hash.ts";
import type { MaybePromise } from "../../crypto/primitives/provider.ts";
import { type CbcOptions, protectCbc } from "../../record/protection_cbc.ts";
import { ContentType, ProtocolVersion } from "../../registry.ts";
import { record, rejectsWith } from "./_ends.ts";

const { application_data, handshake } = ContentType;
const TLS10 = ProtocolVersion["TLSv1"];
const TLS11 = ProtocolVersion["TLSv1.1"];
const TLS12 = ProtocolVersion["TLSv1.2"];

const CIPHERS: Record<string, CbcCipher> = {
  "AES-128 with SHA-1": cbcOf(protection.AES_128_CBC_SHA.cipher),
  "AES-256 with SHA-256": cbcOf(protection.AES_256_CBC_SHA256.cipher),
  "AES-256 with SHA-384": cbcOf(protection.AES_256_CBC_SHA384.cipher),
  "3DES with SHA-1": { kind: "cbc", cipher: tripleDesCbc, mac: sha1 },
};

function cbcOf(cipher: { readonly kind: string }): CbcCipher {
  assert(cipher.kind === "cbc");
  return cipher as CbcCipher;
}

function keys(cipher: CbcCipher) {
  return {
    macKey: new Uint8Array(cipher.mac.length).fill(1),
    key: Uint8Array.from({ length: cipher.cipher.keyLength }, (_, at) => at),
    iv: new Uint8Array(cipher.cipher.blockLength).fill(4),
  };
}

function protect(cipher: CbcCipher, options: Partial<CbcOptions> = {}) {
  const { version = TLS12, encryptThenMac = false } = options;
  return atOnce(protectCbc(cipher, keys(cipher), { version, encryptThenMac }));
}

function importKey(cipher: CbcCipher, key: Uint8Array) {
  return atOnce(cipher.cipher.importKey(key));
}

/** With `node:crypto`, which Deno has, nothing has to be loaded. */
function atOnce<T extends object>(value: MaybePromise<T>): T {
  assert(!(value instanceof Promise));
  return value;
}

/** HMAC on another implementation. */
function hmac(cipher: CbcCipher, ...data: Uint8Array[]): Uint8Array {
  const name = cipher.mac.name.replace("-", "").toLowerCase();
  const state = createHmac(name, keys(cipher).macKey);
  for (const piece of data) state.update(piece);
  return new Uint8Array(state.digest());
}

function macHeader(
  sequenceNumber: number,
  type: number,
  version: number,
  length: number,
): Uint8Array {
  const view = new DataView(new ArrayBuffer(13));
  view.setUint32(4, sequenceNumber);
  view.setUint8(8, type);
  view.setUint16(9, version);
  view.setUint16(11, length);
  return new Uint8Array(view.buffer);
}

/** A record of GenericBlockCipher with any padding, put together by hand. */
function blockCipherRecord(
  cipher: CbcCipher,
  content: Uint8Array,
  padding: Uint8Array,
  changes: { mac?: Uint8Array; version?: number } = {},
): Uint8Array {
  const version = changes.version ?? TLS12;
  const header = macHeader(0, application_data, version, content.length);
  const mac = changes.mac ?? hmac(cipher, header, content);
  const { key, iv } = keys(cipher);
  const blocks = importKey(cipher, key)
    .encrypt(iv, concat([content, mac, padding]));
  const body = version === TLS10 ? blocks : concat([iv, blocks]);
  return concat([
    Uint8Array.of(application_data, 3, version & 0xff),
    Uint8Array.of(body.length >> 8, body.length & 0xff),
    body,
  ]);
}

/** A record of RFC 7366 section 3 with a right MAC over any blocks. */
function macOfBlocksRecord(
  cipher: CbcCipher,
  padded: Uint8Array,
  version: number,
): Uint8Array {
  const { key, iv } = keys(cipher);
  const blocks = importKey(cipher, key).encrypt(iv, padded);
  return macOfBodyRecord(
    cipher,
    version === TLS10 ? blocks : concat([iv, blocks]),
    version,
  );
}

/** The same over anything that stands in place of IV and blocks. */
function macOfBodyRecord(
  cipher: CbcCipher,
  body: Uint8Array,
  version: number,
): Uint8Array {
  const header = macHeader(0, application_data, version, body.length);
  const mac = hmac(cipher, header, body);
  const length = body.length + mac.length;
  return concat([
    Uint8Array.of(application_data, 3, version & 0xff),
    Uint8Array.of(length >> 8, length & 0xff),
    body,
    mac,
  ]);
}

/** Padding that completes the blocks, `extra` blocks longer than it must be. */
function paddingFor(cipher: CbcCipher, length: number, extra = 0): Uint8Array {
  const { blockLength } = cipher.cipher;
  const last = blockLength - 1 - (length + cipher.mac.length) % blockLength;
  const value = last + extra * blockLength;
  return new Uint8Array(value + 1).fill(value);
}

for (const [name, cipher] of Object.entries(CIPHERS)) {
  for (const version of [TLS10, TLS11, TLS12]) {
    for (const encryptThenMac of [false, true]) {
      const order = encryptThenMac ? "encrypt-then-MAC" : "MAC-then-encrypt";
      const title = `${name}, ${order}, 0x0${version.toString(16)}`;
      Deno.test(`protectCbc() opens what it sealed: ${title}`, async () => {
        const options = { version, encryptThenMac };
        const sealing = protect(cipher, options);
        const opening = protect(cipher, options);
        for (const length of [0, 1, 15, 16, 31, 32, 100, 255, 1000, 16384]) {
          const bytes = crypto.getRandomValues(new Uint8Array(length));
          const sealed = sealing.seal(application_data, bytes, version);
          const complete = await record(sealed, version);
          assert(complete.length - 5 - length <= sealing.overhead);
          assertEquals(await opening.open(complete), {
            type: application_data,
            bytes,
          });
        }
      });

      Deno.test(`protectCbc() refuses any bit flipped: ${title}`, async () => {
        const options = { version, encryptThenMac };
        const sealed = await record(
          protect(cipher, options)
            .seal(application_data, new Uint8Array(20), version),
          version,
        );
        for (let bit = 0; bit < sealed.length * 8; bit++) {
          if (bit >= 24 && bit < 40) continue;
          const altered = sealed.slice();
          altered[bit >> 3] = (altered[bit >> 3] as number) ^ 1 << (bit & 7);
          await rejectsWith(
            "bad_record_mac",
            () => protect(cipher, options).open(altered),
          );
        }
      });
    }
  }

  Deno.test(`protectCbc() makes GenericBlockCipher of RFC 5246: ${name}`, async () => {
    const content = new Uint8Array(50).fill(9);
    const { key } = keys(cipher);
    const { type, prefix, body } = protect(cipher)
      .seal(application_data, content, TLS12);
    assertEquals(type, application_data);
    assertEquals(prefix.length, cipher.cipher.blockLength);
    const opened = importKey(cipher, key).decrypt(prefix, await body);
    const header = macHeader(0, application_data, TLS12, content.length);
    assertEquals(
      opened,
      concat([content, hmac(cipher, header, content), paddingFor(cipher, 50)]),
    );
  });

  Deno.test(`protectCbc() makes the GenericBlockCipher of RFC 7366: ${name}`, async () => {
    const content = new Uint8Array(50).fill(9);
    const { key } = keys(cipher);
    const { prefix, body } = protect(cipher, { encryptThenMac: true })
      .seal(application_data, content, TLS12);
    const bytes = await body;
    const blocks = bytes.subarray(0, bytes.length - cipher.mac.length);
    const header = macHeader(
      0,
      application_data,
      TLS12,
      prefix.length + blocks.length,
    );
    assertEquals(
      bytes.subarray(blocks.length),
      hmac(cipher, header, prefix, blocks),
    );
    const opened = importKey(cipher, key).decrypt(prefix, blocks);
    assertEquals(opened.subarray(0, 50), content);
  });

  Deno.test(`protectCbc() accepts all lengths of padding: ${name}`, async () => {
    const most = Math.floor(255 / cipher.cipher.blockLength);
    for (let extra = 0; extra <= most; extra++) {
      for (const length of [0, 1, 60, 300]) {
        const padding = paddingFor(cipher, length, extra);
        if (padding.length > 256) continue;
        const content = new Uint8Array(length).fill(5);
        const sealed = blockCipherRecord(cipher, content, padding);
        assertEquals((await protect(cipher).open(sealed)).bytes, content);
      }
    }
  });

  Deno.test(`protectCbc() refuses padding with any byte wrong: ${name}`, async () => {
    const content = new Uint8Array(33).fill(5);
    for (const extra of [0, 1, 3]) {
      const padding = paddingFor(cipher, content.length, extra);
      for (let at = 0; at < padding.length; at++) {
        for (const change of [1, 0x80]) {
          const wrong = padding.slice();
          wrong[at] = (wrong[at] as number) ^ change;
          const sealed = blockCipherRecord(cipher, content, wrong);
          await rejectsWith(
            "bad_record_mac",
            () => protect(cipher).open(sealed),
          );
        }
      }
    }
  });

  Deno.test(`protectCbc() refuses a wrong MAC with right padding: ${name}`, async () => {
    const content = new Uint8Array(33).fill(5);
    const header = macHeader(0, application_data, TLS12, content.length);
    const right = hmac(cipher, header, content);
    for (let at = 0; at < right.length; at++) {
      const mac = right.slice();
      mac[at] = (mac[at] as number) ^ 1;
      const padding = paddingFor(cipher, content.length, 2);
      const sealed = blockCipherRecord(cipher, content, padding, { mac });
      await rejectsWith("bad_record_mac", () => protect(cipher).open(sealed));
    }
  });

  Deno.test(`protectCbc() refuses padding that reaches into MAC and content: ${name}`, async () => {
    const { blockLength } = cipher.cipher;
    for (let blocks = 1; blocks * blockLength <= 256; blocks++) {
      const length = blocks * blockLength;
      const all = new Uint8Array(length).fill(length - 1);
      const { key, iv } = keys(cipher);
      const body = concat([
        iv,
        importKey(cipher, key).encrypt(iv, all),
      ]);
      const sealed = concat([
        Uint8Array.of(application_data, 3, 3),
        Uint8Array.of(body.length >> 8, body.length & 0xff),
        body,
      ]);
      await rejectsWith("bad_record_mac", () => protect(cipher).open(sealed));
    }
  });

  for (const version of [TLS10, TLS12]) {
    const title = `${name}, 0x0${version.toString(16)}`;

    // RFC 5246 section 6.2.3.2: "Each uint8 in the padding data vector MUST be
    // filled with the padding length value. The receiver MUST check this
    // padding". RFC 7366 section 3 keeps the structure, whatever the MAC says.
    Deno.test(`protectCbc() refuses padding with any byte wrong under encrypt-then-MAC: ${title}`, async () => {
      const { blockLength } = cipher.cipher;
      const open = (padded: Uint8Array) =>
        protect(cipher, { version, encryptThenMac: true })
          .open(macOfBlocksRecord(cipher, padded, version));
      for (const blocks of [1, 2, 4]) {
        const content = new Uint8Array(33).fill(5);
        const value = blocks * blockLength - 1 - 33 % blockLength;
        const padding = new Uint8Array(value + 1).fill(value);
        const { bytes } = await open(concat([content, padding]));
        assertEquals(bytes, content);
        for (let at = 0; at < value; at++) {
          const wrong = padding.slice();
          wrong[at] = (wrong[at] as number) ^ 1;
          await rejectsWith(
            "bad_record_mac",
            () => open(concat([content, wrong])),
          );
        }
      }
    });

    // RFC 5246 section 6.2.3.2 has a whole number of blocks.
    Deno.test(`protectCbc() refuses a part of a block under encrypt-then-MAC, with a right MAC: ${title}`, async () => {
      const { blockLength } = cipher.cipher;
      const ivLength = version === TLS10 ? 0 : blockLength;
      for (const length of [0, 1, blockLength - 1, blockLength + 1]) {
        const body = new Uint8Array(ivLength + length);
        await rejectsWith(
          "bad_record_mac",
          () =>
            protect(cipher, { version, encryptThenMac: true })
              .open(macOfBodyRecord(cipher, body, version)),
        );
      }
    });

    Deno.test(`protectCbc() refuses padding that is longer than the record under encrypt-then-MAC: ${title}`, async () => {
      const { blockLength } = cipher.cipher;
      const open = (padded: Uint8Array) =>
        protect(cipher, { version, encryptThenMac: true })
          .open(macOfBlocksRecord(cipher, padded, version));
      for (const length of [blockLength, 4 * blockLength]) {
        const most = new Uint8Array(length).fill(length - 1);
        assertEquals((await open(most)).bytes, new Uint8Array());
        for (const value of [length, length + 1, 255]) {
          await rejectsWith(
            "bad_record_mac",
            () => open(new Uint8Array(length).fill(value)),
          );
        }
      }
    });
  }

  Deno.test(`protectCbc() does not distinguish padding, MAC and length errors: ${name}`, async () => {
    const content = new Uint8Array(33).fill(5);
    const padding = paddingFor(cipher, content.length, 1);
    const wrongPadding = padding.slice();
    wrongPadding[0] = 99;
    const mac = new Uint8Array(cipher.mac.length);
    const good = blockCipherRecord(cipher, content, padding);
    const errors = new Set<string>();
    for (
      const sealed of [
        blockCipherRecord(cipher, content, wrongPadding),
        blockCipherRecord(cipher, content, padding, { mac }),
        blockCipherRecord(cipher, content, wrongPadding, { mac }),
        good.slice(0, -1),
        good.slice(0, 5 + cipher.cipher.blockLength),
        good.slice(0, 5),
      ]
    ) {
      sealed[3] = (sealed.length - 5) >> 8;
      sealed[4] = (sealed.length - 5) & 0xff;
      const error = await rejectsWith(
        "bad_record_mac",
        () => protect(cipher).open(sealed),
      );
      errors.add(`${error.name} ${error.code} ${error.message}`);
      assertEquals(error.cause, undefined);
    }
    assertEquals(errors.size, 1);
  });
}

Deno.test("protectCbc() refuses records out of order", async () => {
  const cipher = CIPHERS["AES-128 with SHA-1"] as CbcCipher;
  for (const encryptThenMac of [false, true]) {
    const sealing = protect(cipher, { encryptThenMac });
    const first = await record(sealing.seal(23, Uint8Array.of(1), TLS12));
    const second = await record(sealing.seal(23, Uint8Array.of(2), TLS12));
    for (const records of [[second], [first, first]]) {
      const opening = protect(cipher, { encryptThenMac });
      await rejectsWith("bad_record_mac", () => {
        for (const record of records) opening.open(record);
      });
    }
  }
});

Deno.test("protectCbc() chains the IV in TLS 1.0, and has one a record after", async () => {
  const cipher = CIPHERS["AES-128 with SHA-1"] as CbcCipher;
  const { key, iv } = keys(cipher);
  const old = protect(cipher, { version: TLS10 });
  const first = old.seal(23, new Uint8Array(40), TLS10);
  assertEquals(first.prefix.length, 0);
  const blocks = await first.body;
  const second = await old.seal(23, new Uint8Array(40), TLS10).body;
  const decrypt = (iv: Uint8Array, data: Uint8Array) =>
    importKey(cipher, key).decrypt(iv, data);
  assertEquals(decrypt(iv, blocks).subarray(0, 40), new Uint8Array(40));
  assertEquals(
    decrypt(blocks.slice(-16), second).subarray(0, 40),
    new Uint8Array(40),
  );
  const seen = new Set<string>();
  const later = protect(cipher, { version: TLS11 });
  for (let count = 0; count < 100; count++) {
    seen.add(`${later.seal(23, new Uint8Array(1), TLS11).prefix}`);
  }
  assertEquals(seen.size, 100);
});

Deno.test("protectCbc() asks for 1/n-1 splitting in TLS 1.0 alone", () => {
  const cipher = CIPHERS["AES-128 with SHA-1"] as CbcCipher;
  assertEquals(
    [TLS10, TLS11, TLS12].map((version) => protect(cipher, { version }).splits),
    [true, false, false],
  );
});

Deno.test("protectCbc() has the version that was negotiated in its MAC", async () => {
  const cipher = CIPHERS["AES-128 with SHA-1"] as CbcCipher;
  const sealed = await record(
    protect(cipher, { version: TLS11 }).seal(23, Uint8Array.of(1), TLS11),
    TLS12,
  );
  await rejectsWith(
    "bad_record_mac",
    () => protect(cipher, { version: TLS11 }).open(sealed),
  );
});

Deno.test("protectCbc() refuses content above 2^14", async () => {
  const cipher = CIPHERS["AES-256 with SHA-256"] as CbcCipher;
  const content = new Uint8Array(2 ** 14 + 1);
  const sealed = blockCipherRecord(
    cipher,
    content,
    paddingFor(cipher, content.length),
  );
  await rejectsWith("record_overflow", () => protect(cipher).open(sealed));
});

Deno.test("protectCbc() uses a key of 3DES for 1 GiB, and of AES without limit", async () => {
  const des = protect(CIPHERS["3DES with SHA-1"] as CbcCipher);
  await des.seal(handshake, new Uint8Array(16384), TLS12).body;
  // 16384 bytes, 20 of MAC, 4 of padding.
  assertEquals(des.usage, 16408 / 2 ** 30);
  const aes = protect(CIPHERS["AES-128 with SHA-1"] as CbcCipher);
  await aes.seal(handshake, new Uint8Array(16384), TLS12).body;
  assert(aes.usage < 2 ** -48);
  assertNotEquals(aes.usage, 0);
});
