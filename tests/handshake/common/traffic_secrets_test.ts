import { assertEquals, assertNotEquals } from "@std/assert";
import {
  exportKeyingMaterial,
  nextApplicationTrafficSecret,
} from "../../../crypto/key_schedule.ts";
import { isTls13CipherSuite } from "../../../crypto/suites/cipher_suites.ts";
import { TrafficSecrets } from "../../../handshake/common/traffic_secrets.ts";
import { clientConfigOf } from "../../_contexts.ts";

const { cipherSuites } = await clientConfigOf({ serverName: "localhost" });

function secrets(length: number) {
  const of = (byte: number) => new Uint8Array(length).fill(byte);
  return { read: of(1), write: of(2), exporter: of(3), resumption: of(4), of };
}

for (const suite of cipherSuites.filter(isTls13CipherSuite)) {
  const { hash } = suite;

  Deno.test(`TrafficSecrets keeps each secret in its place, and overwrites what it was given: ${suite.name}`, () => {
    const { of, resumption, ...given } = secrets(hash.length);
    const traffic = new TrafficSecrets(suite, given);
    traffic.complete(resumption, { client: of(5), server: of(6) });
    assertEquals(traffic.read, of(1));
    assertEquals(traffic.write, of(2));
    assertEquals(traffic.resumption, of(4));
    assertEquals([traffic.client, traffic.server], [of(5), of(6)]);
    assertEquals(
      traffic.exportKeyingMaterial("EXPORTER-test", undefined, 20),
      exportKeyingMaterial(hash, of(3), "EXPORTER-test", undefined, 20),
    );
    for (const old of [...Object.values(given), resumption]) {
      assertEquals(old, of(0));
    }
  });

  Deno.test(`TrafficSecrets updates one direction, and nothing that was read of it before: ${suite.name}`, async () => {
    const { of, resumption, ...given } = secrets(hash.length);
    const traffic = new TrafficSecrets(suite, given);
    traffic.complete(resumption, { client: of(5), server: of(6) });
    const before = traffic.read;
    await traffic.updateRead();
    assertEquals(before, of(1));
    assertEquals(traffic.read, nextApplicationTrafficSecret(hash, of(1)));
    assertEquals(traffic.write, of(2));
    await traffic.updateWrite();
    assertNotEquals(traffic.write, of(2));
    assertEquals(traffic.resumption, of(4));
    assertEquals(traffic.client, of(5));
  });
}
