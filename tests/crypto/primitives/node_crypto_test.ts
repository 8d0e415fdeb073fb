import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { aes128gcm, BULK_LENGTH } from "../../../crypto/primitives/aead.ts";
import {
  BUSY_AFTER,
  nodeCrypto,
  nodeCryptoIfBusy,
} from "../../../crypto/primitives/node_crypto.ts";
import { joined } from "../../../crypto/primitives/sealed.ts";

Deno.test("nodeCryptoIfBusy() waits until it was asked often enough", async () => {
  const key = await aes128gcm.importKey(new Uint8Array(16));
  const seal = (length: number) =>
    joined(
      key.seal(new Uint8Array(12), new Uint8Array(length), new Uint8Array(5)),
    );
  for (let asked = 1; asked < BUSY_AFTER; asked++) {
    const sealing = seal(20);
    assertInstanceOf(sealing, Promise, `record ${asked}`);
    await sealing;
  }
  // Large records are WebCrypto's all along, and are not counted.
  const large = seal(BULK_LENGTH);
  assertInstanceOf(large, Promise);
  await large;
  assertInstanceOf(seal(20), Uint8Array);
  assertInstanceOf(seal(BULK_LENGTH - 1), Uint8Array);
  const bulk = seal(BULK_LENGTH);
  assertInstanceOf(bulk, Promise);
  await bulk;
  assert(nodeCryptoIfBusy() !== undefined);
  assertEquals(nodeCryptoIfBusy(), nodeCrypto());
});
