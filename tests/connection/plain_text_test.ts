/**
 * Plain text where records belong, over connections.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { TlsError } from "../../errors.ts";
import { connected, crossed, pipe } from "../_pair.ts";

for (const maxVersion of ["TLSv1.3", "TLSv1.2"] as const) {
  Deno.test(`TlsConn names the last words of a back end in ${maxVersion}`, async () => {
    const words = new TextEncoder().encode("HTTP/1.1 502 Bad Gateway\r\n\r\n");
    let dying = false;
    const toClient = pipe({
      transform(chunk, controller) {
        controller.enqueue(dying ? words : chunk);
      },
    });
    const ends = await connected({ maxVersion }, {}, crossed({ toClient }));
    await ends.server.write(new Uint8Array(10));
    assertEquals(await ends.client.read(new Uint8Array(10)), 10);
    dying = true;
    await ends.server.write(new Uint8Array(10));
    const error = await assertRejects(
      () => ends.client.read(new Uint8Array(10)),
      TlsError,
    );
    assertEquals([error.code, error.alert, error.stage], [
      "not_tls",
      "unexpected_message",
      "data",
    ]);
    assertStringIncludes(error.message, "the peer sent HTTP in the middle");
    assertEquals(error.firstBytes, words.subarray(0, 5));
    const told = await assertRejects(
      () => ends.server.read(new Uint8Array(10)),
      TlsError,
    );
    assertEquals(told.alert, "unexpected_message");
    assert(!(await ends.client.closed).clean);
    await Promise.allSettled([ends.client.close(), ends.server.close()]);
  });
}
