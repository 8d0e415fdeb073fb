/**
 * Errors that the handshake explains: keys that differ, and a renegotiation
 * that was refused.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { client, server } from "../../../connection/wrap.ts";
import type { TlsVersion } from "../../../connection/options/options.ts";
import { TlsAlertError, TlsError } from "../../../errors.ts";
import type { HandshakeEvent } from "../../../handshake/io/events.ts";
import { crossed, outcomes, pattern, tlsError } from "../../_pair.ts";
import { renegotiable } from "../_renegotiation.ts";

const key = pattern(32, 12);

/** How both ends fail whose keys do not go together. */
async function failures(
  version: TlsVersion,
  identity: string | Uint8Array,
  known: Uint8Array | undefined,
) {
  const versions = { minVersion: version, maxVersion: version };
  const wires = crossed();
  const ends = {
    client: client(wires.forClient, {
      ...versions,
      psk: { identity, key },
    }),
    server: server(wires.forServer, {
      ...versions,
      psk: () => known && { key: known },
    }),
    async [Symbol.asyncDispose]() {},
  };
  const errors = await outcomes(ends);
  await Promise.allSettled([ends.client.close(), ends.server.close()]);
  return {
    client: tlsError(errors.client),
    server: tlsError(errors.server),
  };
}

for (const version of ["TLSv1.3", "TLSv1.2"] as const) {
  Deno.test(`server names the identity that it does not know in ${version}`, async () => {
    const unknown = await failures(version, "device 7\x1b[2J", undefined);
    const other = await failures(version, "device 7", pattern(32, 13));
    assertStringIncludes(
      unknown.server.hint ?? "",
      'The client names the PSK identity "device 7\\x1b[2J", for which the option "psk" gives nothing',
    );
    assertStringIncludes(
      other.server.hint ?? "",
      'The client has another key for the PSK identity "device 7" than the option "psk" gives',
    );
    // Nobody else learns which identities there are (RFC 9846 appendix F.6).
    assertEquals(unknown.server.alert, other.server.alert);
    assertEquals(unknown.client.alert, other.client.alert);
    const binary = await failures(version, Uint8Array.of(0xff, 1), undefined);
    assertStringIncludes(binary.server.hint ?? "", "identity 0xff01,");
  });

  Deno.test(`client names the option if a server does not accept its key in ${version}`, async () => {
    for (const known of [undefined, pattern(32, 13)]) {
      const { client } = await failures(version, "device 7", known);
      assert(client instanceof TlsAlertError);
      assertEquals(
        client.hint,
        'The server may not know the PSK identity "device 7", or have another key for it than the option "psk" gives',
      );
      assertEquals(client.code, "alert_received");
    }
  });
}

Deno.test("the error of a refused renegotiation names the option, at once and at the end", async () => {
  const events: HandshakeEvent[] = [];
  const lines: string[] = [];
  const ends = await renegotiable({}, {
    onEvent: (event) => events.push(event),
    trace: (line) => lines.push(line),
  });
  const reading = assertRejects(
    () => ends.server.read(new Uint8Array(1)),
    TlsError,
  );
  const refused = await assertRejects(
    () => ends.client.renegotiate(),
    TlsError,
  );
  assertEquals(refused.alert, "no_renegotiation");
  const event = events.find(({ type }) => type === "renegotiation_refused");
  assert(event?.type === "renegotiation_refused");
  assertEquals(
    event.reason,
    `We refused the peer's request to renegotiate: the option "renegotiation" is "never"; "once" or "freely" would allow it`,
  );
  assert(lines.includes(`server -- ${event.reason}`), lines.join("\n"));
  // As clients do that insist on it.
  ends.client.abort(
    new TlsError("handshake_failure", "x", {
      alert: "handshake_failure",
    }),
  );
  assertEquals((await reading).hint, event.reason);
  await Promise.allSettled([ends.client.close(), ends.server.close()]);
});

Deno.test("the error of a renegotiation beyond the limit names the option", async () => {
  const events: HandshakeEvent[] = [];
  await using ends = await renegotiable({}, {
    renegotiation: "once",
    onEvent: (event) => events.push(event),
  });
  const reading = ends.server.read(new Uint8Array(1));
  const ofClient = ends.client.read(new Uint8Array(1));
  await ends.client.renegotiate();
  await assertRejects(() => ends.client.renegotiate(), TlsError);
  const event = events.find(({ type }) => type === "renegotiation_refused");
  assert(event?.type === "renegotiation_refused");
  assertStringIncludes(event.reason, '"renegotiation" is "once"');
  await ends.client.write(new Uint8Array(1));
  await ends.server.write(new Uint8Array(1));
  await Promise.all([reading, ofClient]);
});
