import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { concat } from "@std/bytes";
import { aes128gcm, chacha20poly1305 } from "../../crypto/primitives/aead.ts";
import type { AeadAlgorithm } from "../../crypto/primitives/provider.ts";
import { joined } from "../../crypto/primitives/sealed.ts";
import { TlsProtocolError } from "../../errors.ts";
import type { RecordProtection } from "../../record/protection.ts";
import { protectTls12 } from "../../record/protection_tls12.ts";
import { protectTls13 } from "../../record/protection_tls13.ts";
import { ContentType } from "../../registry.ts";
import { hex, limited, record, rejectsWith, tls13 } from "./_ends.ts";

const { application_data, handshake } = ContentType;

/** A record of TLS 1.3 with any TLSInnerPlaintext. */
async function sealInner(inner: Uint8Array): Promise<Uint8Array> {
  const length = inner.length + chacha20poly1305.tagLength;
  const header = Uint8Array.of(23, 3, 3, length >> 8, length & 0xff);
  const key = await chacha20poly1305.importKey(new Uint8Array(32));
  // tls13(0) has the IV 01…01, and the first sequence number is 0.
  const nonce = new Uint8Array(12).fill(1);
  return concat([header, await joined(key.seal(nonce, inner, header))]);
}

Deno.test("protectTls13() seals and opens as in RFC 8448 section 3", async () => {
  // "{client} send application_data record" and its keys.
  const keys = {
    key: hex("17 42 2d da 59 6e d5 d9 ac d8 90 e3 c6 3f 50 51"),
    iv: hex("5b 78 92 3d ee 08 57 90 33 e5 23 d9"),
  };
  const complete = hex(`17 03 03 00 43 a2 3f 70 54 b6 2c 94
    d0 af fa fe 82 28 ba 55 cb ef ac ea 42 f9 14 aa 66 bc ab 3f 2b
    98 19 a8 a5 b4 6b 39 5b d5 4a 9a 20 44 1e 2b 62 97 4e 1f 5a 62
    92 a2 97 70 14 bd 1e 3d ea e6 3a ee bb 21 69 49 15 e4`);
  const payload = Uint8Array.from({ length: 50 }, (_, at) => at);

  const sealing = await protectTls13(aes128gcm, keys);
  assertEquals(
    await record(sealing.seal(application_data, payload, 0x303)),
    complete,
  );
  const opening = await protectTls13(aes128gcm, keys);
  assertEquals(await opening.open(complete), {
    type: application_data,
    bytes: payload,
  });
});

Deno.test("protectTls13() strips padding of any length", async () => {
  for (const padding of [0, 1, 255, 256, 2 ** 14 - 3]) {
    const bytes = Uint8Array.of(7, 0, 0);
    const sealed = await record(
      (await tls13()).seal(handshake, bytes, 0x303, padding),
    );
    assertEquals(sealed.length, 5 + 3 + 1 + padding + 16);
    assertEquals(sealed[0], application_data);
    assertEquals(await (await tls13()).open(sealed), {
      type: handshake,
      bytes,
    });
  }
});

Deno.test("protectTls13() seals an empty fragment, with padding alone", async () => {
  const bytes = new Uint8Array();
  const sealed = await record(
    (await tls13()).seal(application_data, bytes, 0x303, 9),
  );
  assertEquals(await (await tls13()).open(sealed), {
    type: application_data,
    bytes,
  });
});

Deno.test("protectTls13() refuses to seal more than fits", async () => {
  const protection = await tls13();
  assertThrows(
    () => protection.seal(23, new Uint8Array(2 ** 14 + 1), 0x303),
    RangeError,
  );
  assertThrows(
    () => protection.seal(23, new Uint8Array(2 ** 14), 0x303, 1),
    RangeError,
  );
});

Deno.test("protectTls13() refuses a record without a content type", async () => {
  for (const length of [0, 1, 100]) {
    await rejectsWith(
      "unexpected_message",
      async () =>
        await (await tls13()).open(await sealInner(new Uint8Array(length))),
    );
  }
});

Deno.test("protectTls13() refuses TLSInnerPlaintext above 2^14 + 1", async () => {
  const most = new Uint8Array(2 ** 14 + 1);
  most[0] = application_data;
  assertEquals(
    (await (await tls13()).open(await sealInner(most))).bytes.length,
    0,
  );
  most[2 ** 14] = application_data;
  assertEquals(
    (await (await tls13()).open(await sealInner(most))).bytes.length,
    2 ** 14,
  );
  const over = new Uint8Array(2 ** 14 + 2);
  over[0] = application_data;
  await rejectsWith(
    "record_overflow",
    async () => await (await tls13()).open(await sealInner(over)),
  );
});

Deno.test("protectTls13() refuses a record with any bit flipped", async () => {
  const bytes = Uint8Array.of(1, 2, 3);
  const sealed = await record((await tls13()).seal(handshake, bytes, 0x303));
  for (let bit = 8; bit < sealed.length * 8; bit++) {
    const altered = sealed.slice();
    altered[bit >> 3] = (altered[bit >> 3] as number) ^ 1 << (bit & 7);
    await rejectsWith(
      "bad_record_mac",
      async () => await (await tls13()).open(altered),
    );
  }
});

Deno.test("protectTls13() refuses a record cut anywhere", async () => {
  const sealed = await record(
    (await tls13()).seal(handshake, Uint8Array.of(1, 2, 3), 0x303),
  );
  for (let length = 5; length < sealed.length; length++) {
    const cut = sealed.slice(0, length);
    cut[3] = (length - 5) >> 8;
    cut[4] = length - 5;
    await rejectsWith(
      "bad_record_mac",
      async () => await (await tls13()).open(cut),
    );
  }
});

Deno.test("protectTls13() says no more of a failure than bad_record_mac", async () => {
  const messages = new Set<string>();
  for (const body of [new Uint8Array(0), new Uint8Array(40)]) {
    const altered = concat([Uint8Array.of(23, 3, 3, 0, body.length), body]);
    for (const algorithm of [aes128gcm, chacha20poly1305]) {
      const error = await assertRejects(
        async () => await (await tls13(0, algorithm)).open(altered),
        TlsProtocolError,
      );
      assertEquals(error.cause, undefined);
      messages.add(error.message);
    }
  }
  assertEquals(messages.size, 1);
});

Deno.test("protectTls13() refuses a type that is not hidden", async () => {
  for (const type of [20, 21, 22, 24]) {
    const sealed = await record(
      (await tls13()).seal(handshake, Uint8Array.of(1), 0x303),
    );
    sealed[0] = type;
    await rejectsWith(
      "unexpected_message",
      async () => await (await tls13()).open(sealed),
    );
  }
});

Deno.test("protectTls13() refuses a record repeated, left out or moved", async () => {
  const sealing = await tls13();
  const records: Uint8Array[] = [];
  for (const byte of [0, 1, 2]) {
    records.push(
      await record(sealing.seal(application_data, Uint8Array.of(byte), 0x303)),
    );
  }
  for (const order of [[0, 0], [1], [0, 2], [0, 1, 1]]) {
    const opening = await tls13();
    await rejectsWith("bad_record_mac", async () => {
      for (const at of order) await opening.open(records[at] as Uint8Array);
    });
  }
});

Deno.test("protectTls13() fixes sequence numbers when it is called", async () => {
  const sealing = await tls13(0, aes128gcm);
  const opening = await tls13(0, aes128gcm);
  const sealed = await Promise.all(
    Array.from(
      { length: 20 },
      (_, at) => record(sealing.seal(handshake, Uint8Array.of(at), 0x303)),
    ),
  );
  assertEquals(sealing.sequenceNumber, 20);
  const opened = await Promise.all(sealed.map((one) => opening.open(one)));
  assertEquals(
    opened.map(({ bytes }) => bytes[0]),
    Array.from({ length: 20 }, (_, at) => at),
  );
});

Deno.test("protectTls13() reads its input before a call returns", async () => {
  for (const algorithm of [aes128gcm, chacha20poly1305]) {
    for (const length of [10, 16384]) {
      const sealing = await tls13(0, algorithm);
      const opening = await tls13(0, algorithm);
      for (let round = 0; round < 2; round++) {
        const bytes = new Uint8Array(length).fill(round + 1);
        const wanted = bytes.slice();
        const sealed = sealing.seal(application_data, bytes, 0x303);
        bytes.fill(0);
        const complete = await record(sealed);
        const opened = opening.open(complete);
        complete.fill(0);
        assertEquals((await opened).bytes, wanted);
      }
    }
  }
});

Deno.test("protectTls13() never seals beyond the limit of its key", async () => {
  const protection = await tls13(0, limited(4));
  const usages: number[] = [];
  for (let count = 0; count < 4; count++) {
    await record(protection.seal(23, Uint8Array.of(count), 0x303));
    usages.push(protection.usage);
  }
  assertEquals(usages, [0.25, 0.5, 0.75, 1]);
  await rejectsWith(
    "internal_error",
    async () => await record(protection.seal(23, new Uint8Array(1), 0x303)),
  );
});

Deno.test("protectTls13() undo() reverts the last opening", async () => {
  const sealed = await record(
    (await tls13()).seal(handshake, Uint8Array.of(5), 0x303),
  );
  const opening: RecordProtection = await tls13();
  const foreign = await record(
    (await tls13(9)).seal(handshake, Uint8Array.of(5), 0x303),
  );
  for (let count = 0; count < 3; count++) {
    await rejectsWith(
      "bad_record_mac",
      async () => await opening.open(foreign),
    );
    opening.undo?.();
  }
  assertEquals((await opening.open(sealed)).bytes, Uint8Array.of(5));
});

Deno.test("protection calls bad_record_mac what is one, and nothing else", async () => {
  const broken = new TypeError("The implementation does not work");
  for (const isLate of [false, true]) {
    const fail = () => {
      if (isLate) return Promise.reject(broken);
      throw broken;
    };
    const algorithm: AeadAlgorithm = {
      ...aes128gcm,
      importKey: () => ({
        seal: () => ({ ciphertext: new Uint8Array(40) }),
        open: fail,
      }),
    };
    const keys = { key: new Uint8Array(16), iv: new Uint8Array(12) };
    const cipher = {
      kind: "aead",
      aead: algorithm,
      fixedIvLength: 4,
      recordIvLength: 8,
    } as const;
    const protections = [
      await protectTls13(algorithm, keys),
      await protectTls12(
        cipher,
        { ...keys, iv: new Uint8Array(4), macKey: new Uint8Array() },
        { version: 0x303, encryptThenMac: false },
      ),
    ];
    for (const protection of protections) {
      const sealed = Uint8Array.of(23, 3, 3, 0, 40, ...Array<number>(40));
      const error = await assertRejects(async () =>
        await protection.open(sealed)
      );
      assertEquals(error, broken);
    }
  }
});
