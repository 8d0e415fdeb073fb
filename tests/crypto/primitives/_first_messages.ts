/**
 * Seals small messages one after the other in a process that has done nothing
 * before, and prints for each whether it was sealed at once.
 *
 * @module
 */

import { chacha20poly1305 } from "../../../crypto/primitives/aead.ts";
import { NOBLE_BUSY_AFTER } from "../../../crypto/primitives/aead_noble.ts";
import { joined } from "../../../crypto/primitives/sealed.ts";

if (import.meta.main) {
  const key = await chacha20poly1305.importKey(new Uint8Array(32));
  const atOnce: boolean[] = [];
  const texts = new Set<string>();
  for (let count = 0; count < 2 * NOBLE_BUSY_AFTER; count++) {
    const sealed = joined(
      key.seal(new Uint8Array(12), new Uint8Array(100), new Uint8Array(5)),
    );
    atOnce.push(!(sealed instanceof Promise));
    texts.add((await sealed).toHex());
    // Noble is being loaded.
    if (count === NOBLE_BUSY_AFTER - 1) {
      await import("@noble/ciphers/chacha.js");
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  }
  const text = JSON.stringify({ atOnce, texts: texts.size });
  await Deno.stdout.write(new TextEncoder().encode(text));
}
