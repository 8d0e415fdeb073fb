import { assertEquals } from "@std/assert";
import { concat } from "@std/bytes";
import { createCipheriv } from "node:crypto";
import { protection } from "../../crypto/suites/cipher_suite.ts";
import { joined } from "../../crypto/primitives/sealed.ts";
import { MAX_PLAINTEXT_LENGTH } from "../../record/plaintext.ts";
import { protectAead } from "../../record/protection_aead.ts";
import { ContentType } from "../../registry.ts";
import { record, rejectsWith } from "./_ends.ts";

const { application_data, handshake } = ContentType;

const FORMS = [
  {
    name: "AES-128-GCM",
    ...protection.AES_128_GCM_SHA256,
    node: "aes-128-gcm",
  },
  {
    name: "AES-256-GCM",
    ...protection.AES_256_GCM_SHA384,
    node: "aes-256-gcm",
  },
  {
    name: "ChaCha20-Poly1305",
    ...protection.CHACHA20_POLY1305_SHA256,
    node: "chacha20-poly1305",
  },
  // Deno's node:crypto has no CCM; ours has tests of its own.
  { name: "AES-128-CCM", ...protection.AES_128_CCM, node: undefined },
  { name: "AES-256-CCM-8", ...protection.AES_256_CCM_8, node: undefined },
] as const;

type Form = typeof FORMS[number];

function keys({ cipher }: Form) {
  return {
    key: new Uint8Array(cipher.aead.keyLength).fill(3),
    iv: Uint8Array.from({ length: cipher.fixedIvLength }, (_, at) => at + 1),
  };
}

async function protect(form: Form) {
  const { key, iv } = keys(form);
  return await protectAead(form.cipher, key, iv);
}

/** RFC 5246 section 6.2.3.3 word for word, on another implementation. */
async function reference(
  form: Form,
  sequenceNumber: number,
  type: number,
  content: Uint8Array,
): Promise<Uint8Array> {
  const { key, iv } = keys(form);
  const sequence = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, sequenceNumber);
  const additional = concat([
    sequence,
    Uint8Array.of(type, 3, 3, content.length >> 8, content.length & 0xff),
  ]);
  const isExplicit = form.cipher.recordIvLength > 0;
  const padded = concat([new Uint8Array(4), sequence]);
  const nonce = isExplicit
    ? concat([iv, sequence])
    : padded.map((byte, at) => byte ^ (iv[at] as number));
  const body = concat([
    isExplicit ? sequence : new Uint8Array(),
    form.node === undefined
      ? await joined(
        (await form.cipher.aead.importKey(key))
          .seal(nonce, content, additional),
      )
      : sealedByNode(form.node, key, nonce, additional, content),
  ]);
  return concat([
    Uint8Array.of(type, 3, 3, body.length >> 8, body.length & 0xff),
    body,
  ]);
}

function sealedByNode(
  name: string,
  key: Uint8Array,
  nonce: Uint8Array,
  additional: Uint8Array,
  content: Uint8Array,
): Uint8Array {
  const cipher = createCipheriv(name as "aes-128-gcm", key, nonce, {
    authTagLength: 16,
  });
  cipher.setAAD(additional, { plaintextLength: content.length });
  return concat([
    cipher.update(content),
    cipher.final(),
    cipher.getAuthTag(),
  ]);
}

for (const form of FORMS) {
  Deno.test(`protectAead() seals ${form.name} as RFC 5246 has it`, async () => {
    const sealing = await protect(form);
    const opening = await protect(form);
    for (const [at, length] of [0, 1, 100, 16384].entries()) {
      const content = new Uint8Array(length).fill(at + 1);
      const sealed = await record(
        sealing.seal(application_data, content, 0x303),
      );
      assertEquals(
        sealed,
        await reference(form, at, application_data, content),
      );
      assertEquals(sealed.length - 5 - length, sealing.overhead);
      assertEquals(await opening.open(sealed), {
        type: application_data,
        bytes: content,
      });
    }
    assertEquals(sealing.sequenceNumber, 4);
  });

  Deno.test(`protectAead() refuses ${form.name} with any bit flipped`, async () => {
    const content = Uint8Array.of(1, 2, 3);
    const sealed = await reference(form, 0, handshake, content);
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      // Of the length nothing but the additional data depends.
      if (bit >= 24 && bit < 40) continue;
      const altered = sealed.slice();
      altered[bit >> 3] = (altered[bit >> 3] as number) ^ 1 << (bit & 7);
      await rejectsWith(
        "bad_record_mac",
        async () => await (await protect(form)).open(altered),
      );
    }
  });

  Deno.test(`protectAead() refuses ${form.name} cut anywhere`, async () => {
    const sealed = await reference(form, 0, handshake, Uint8Array.of(1, 2, 3));
    for (let length = 5; length < sealed.length; length++) {
      const cut = sealed.slice(0, length);
      cut[4] = length - 5;
      await rejectsWith(
        "bad_record_mac",
        async () => await (await protect(form)).open(cut),
      );
    }
  });

  Deno.test(`protectAead() refuses ${form.name} out of order`, async () => {
    const first = await reference(form, 0, handshake, Uint8Array.of(1));
    const second = await reference(form, 1, handshake, Uint8Array.of(2));
    for (const records of [[second], [first, first]]) {
      const opening = await protect(form);
      await rejectsWith("bad_record_mac", async () => {
        for (const record of records) await opening.open(record);
      });
    }
  });

  Deno.test(`protectAead() refuses content above 2^14 in ${form.name}`, async () => {
    const over = new Uint8Array(MAX_PLAINTEXT_LENGTH + 1);
    const sealed = await reference(form, 0, application_data, over);
    await rejectsWith(
      "record_overflow",
      async () => await (await protect(form)).open(sealed),
    );
  });
}

Deno.test("protectAead() never uses an explicit nonce twice", async () => {
  const sealing = await protect(FORMS[0]);
  const seen = new Set<string>();
  for (let count = 0; count < 1000; count++) {
    const { prefix, body } = sealing.seal(23, Uint8Array.of(1), 0x303);
    seen.add(`${prefix}`);
    await body;
  }
  assertEquals(seen.size, 1000);
});

Deno.test("protectAead() takes the explicit nonce from the record", async () => {
  // A peer may choose any (RFC 5288 section 3), such as a random start.
  const form = FORMS[0];
  const { key, iv } = keys(form);
  const explicit = Uint8Array.of(9, 8, 7, 6, 5, 4, 3, 2);
  const additional = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 23, 3, 3, 0, 2);
  const nonce = concat([iv, explicit]);
  const body = concat([
    explicit,
    sealedByNode(form.node, key, nonce, additional, Uint8Array.of(1, 2)),
  ]);
  const opening = await protect(form);
  assertEquals(
    (await opening.open(
      concat([Uint8Array.of(23, 3, 3, 0, body.length), body]),
    )).bytes,
    Uint8Array.of(1, 2),
  );
});

Deno.test("protectAead() counts what short records leave of its key", async () => {
  const { cipher } = FORMS[2];
  const aead = { ...cipher.aead, confidentialityLimit: 1 };
  const { key, iv } = keys(FORMS[2]);
  const sealing = await protectAead({ ...cipher, aead }, key, iv);
  let count = 0;
  await rejectsWith("internal_error", async () => {
    for (; count < 1000; count++) {
      await sealing.seal(23, new Uint8Array(32), 0x303).body;
    }
  });
  // 16384 bytes are 256 times 32 bytes with two blocks more.
  assertEquals(count, 256);
  assertEquals(sealing.usage, 1);
});
