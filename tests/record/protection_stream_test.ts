import { assertEquals } from "@std/assert";
import { concat } from "@std/bytes";
import { md5, sha1 } from "../../crypto/primitives/hash.ts";
import { rc4 } from "../../crypto/primitives/rc4.ts";
import { protectStream } from "../../record/protection_stream.ts";
import { record, rejectsWith } from "./_ends.ts";

const KEY = Uint8Array.from({ length: 16 }, (_, at) => at);

for (const mac of [sha1, md5]) {
  const cipher = { kind: "stream", cipher: rc4, mac } as const;
  const macKey = new Uint8Array(mac.length).fill(2);
  const protect = () => protectStream(cipher, KEY, macKey);

  Deno.test(`protectStream() makes GenericStreamCipher: ${mac.name}`, async () => {
    const content = Uint8Array.of(1, 2, 3);
    const header = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 23, 3, 1, 0, 3);
    const expected = rc4.importKey(KEY).process(
      concat([content, mac.hmac(macKey, concat([header, content]))]),
    );
    const { type, prefix, body } = protect().seal(23, content, 0x301);
    assertEquals({ type, length: prefix.length }, { type: 23, length: 0 });
    assertEquals(await body, expected);
  });

  Deno.test(`protectStream() continues one key stream: ${mac.name}`, async () => {
    const sealing = protect();
    const opening = protect();
    for (const length of [0, 1, 100, 16384]) {
      const bytes = new Uint8Array(length).fill(length);
      const sealed = await record(sealing.seal(23, bytes, 0x303));
      assertEquals(sealed.length, 5 + length + sealing.overhead);
      assertEquals(await opening.open(sealed), { type: 23, bytes });
    }
  });

  Deno.test(`protectStream() refuses any bit flipped, or cut: ${mac.name}`, async () => {
    const sealed = await record(protect().seal(23, new Uint8Array(4), 0x303));
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      if (bit >= 24 && bit < 40) continue;
      const altered = sealed.slice();
      altered[bit >> 3] = (altered[bit >> 3] as number) ^ 1 << (bit & 7);
      await rejectsWith("bad_record_mac", () => protect().open(altered));
    }
    for (let length = 5; length < sealed.length; length++) {
      const cut = sealed.slice(0, length);
      cut[4] = length - 5;
      await rejectsWith("bad_record_mac", () => protect().open(cut));
    }
  });
}
