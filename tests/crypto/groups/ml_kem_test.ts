import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  type MlKem,
  mlKem1024,
  mlKem768,
} from "../../../crypto/groups/ml_kem.ts";
import { nobleMlKem } from "../../../crypto/groups/ml_kem_noble.ts";
import { webCryptoMlKem } from "../../../crypto/groups/ml_kem_webcrypto.ts";
import { TlsProtocolError } from "../../../errors.ts";
import { hex, label, wycheproof } from "../_wycheproof.ts";

async function implementations({ name }: MlKem) {
  const webCrypto = await webCryptoMlKem(name);
  assert(webCrypto, "the tests run where WebCrypto has ML-KEM");
  return [webCrypto, await nobleMlKem(name)];
}

for (const kem of [mlKem768, mlKem1024]) {
  Deno.test(`${kem.name} is the same in every implementation`, async () => {
    for (const ours of [kem, ...await implementations(kem)]) {
      const pair = await ours.generate();
      assertEquals(pair.encapsulationKey.length, kem.encapsulationKeyLength);
      for (const theirs of [kem, ...await implementations(kem)]) {
        const { ciphertext, sharedSecret } = await theirs.encapsulate(
          pair.encapsulationKey,
        );
        assertEquals(ciphertext.length, kem.ciphertextLength);
        assertEquals(sharedSecret.length, 32);
        assertEquals(await pair.decapsulate(ciphertext), sharedSecret);
      }
    }
  });

  const size = kem.name.slice("ML-KEM-".length);
  wycheproof(
    `${kem.name} encapsulate() refuses keys that fail the modulus check`,
    `mlkem_${size}_encaps_test.json`,
    async (groups) => {
      let refused = 0;
      for (const test of groups.flatMap((group) => group.tests)) {
        const key = hex(test, "ek");
        if (test.result === "valid") {
          await kem.encapsulate(key);
          continue;
        }
        refused++;
        const error = await assertRejects(
          () => kem.encapsulate(key),
          TlsProtocolError,
          undefined,
          label(test),
        );
        assertEquals(error.alert, "illegal_parameter");
        const [, noble] = await implementations(kem);
        await assertRejects(async () => await noble?.encapsulate(key));
      }
      assert(refused > 0);
    },
  );

  Deno.test(`${kem.name} decapsulate() refuses another length`, async () => {
    const pair = await kem.generate();
    for (const length of [0, 1, kem.ciphertextLength - 1, 2000]) {
      const error = await assertRejects(
        () => pair.decapsulate(new Uint8Array(length)),
        TlsProtocolError,
      );
      assertEquals(error.alert, "illegal_parameter");
    }
  });
}
