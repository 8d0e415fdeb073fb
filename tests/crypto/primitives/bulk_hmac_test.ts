import { assertEquals } from "@std/assert";
import { bulkHmacKey } from "../../../crypto/primitives/bulk_hmac.ts";
import { hashAlgorithms, md5 } from "../../../crypto/primitives/hash.ts";

Deno.test("bulkHmacKey() agrees with the hash's own HMAC", () => {
  for (const hash of Object.values(hashAlgorithms)) {
    for (const keyLength of [0, 16, 64, 65, 200]) {
      const key = crypto.getRandomValues(new Uint8Array(keyLength));
      for (const length of [0, 1, 100, 5000]) {
        const data = crypto.getRandomValues(new Uint8Array(length));
        const cut = length >> 1;
        assertEquals(
          bulkHmacKey(hash, key)
            .sign(data.subarray(0, cut), data.subarray(cut)),
          hash.hmac(key, data),
          hash.name,
        );
      }
    }
  }
});

Deno.test("bulkHmacKey() returns RFC 2202's HMAC-MD5 and may be used again", () => {
  const key = bulkHmacKey(md5, new TextEncoder().encode("Jefe"));
  const text = new TextEncoder().encode("what do ya want for nothing?");
  for (let call = 0; call < 2; call++) {
    assertEquals(key.sign(text).toHex(), "750c783e6ab0b503eaa86e310a5db738");
  }
});

Deno.test("bulkHmacKey() keeps its key when the caller overwrites it", () => {
  const raw = new Uint8Array(20).fill(3);
  const key = bulkHmacKey(hashAlgorithms["SHA-1"], raw);
  const before = key.sign(raw.slice());
  const text = raw.slice();
  raw.fill(0);
  assertEquals(key.sign(text), before);
});
