/** The bounds of exported keying material (RFC 5705 section 4, RFC 9846 section 7.5). */

import { assertEquals, assertThrows } from "@std/assert";
import { connected } from "../_pair.ts";

const LABEL = "EXPERIMENTAL test";

for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
  Deno.test(`exportKeyingMaterial() returns 1 byte or more in ${version}`, async () => {
    await using ends = await connected({ maxVersion: version });
    const { client, server } = ends;
    for (const length of [1, 32, 255, 8160]) {
      const bytes = client.exportKeyingMaterial(LABEL, undefined, length);
      assertEquals(bytes.length, length);
      assertEquals(
        server.exportKeyingMaterial(LABEL, undefined, length),
        bytes,
      );
    }
    if (version === "TLSv1.2") {
      // HKDF of TLS 1.3 ends before.
      const longest = client.exportKeyingMaterial(LABEL, undefined, 65_535);
      assertEquals(longest.length, 65_535);
    }
    for (const length of [0, -1, 1.5, NaN, 65_536]) {
      assertThrows(
        () => client.exportKeyingMaterial(LABEL, undefined, length),
        RangeError,
        `${length}`,
      );
    }
  });

  Deno.test(`exportKeyingMaterial() accepts contexts of up to 65,535 bytes in ${version}`, async () => {
    await using ends = await connected({ maxVersion: version });
    const { client, server } = ends;
    const context = new Uint8Array(65_535);
    assertEquals(
      client.exportKeyingMaterial(LABEL, context, 32),
      server.exportKeyingMaterial(LABEL, context, 32),
    );
    assertThrows(
      () => client.exportKeyingMaterial(LABEL, new Uint8Array(65_536), 32),
      RangeError,
      "65536",
    );
  });
}
