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
import type { TlsVersion } from "../../../connection/options/negotiation_options.ts";
import {
  type Circumstances,
  explain,
} from "../../../handshake/io/explanation.ts";
import {
  TlsAlertError,
  type TlsAlertName,
  TlsError,
  TlsProtocolError,
  TlsTruncatedError,
} from "../../../errors.ts";
import type { HandshakeEvent } from "../../../handshake/io/events.ts";
import { AlertDescription } from "../../../registry.ts";
import { crossed, outcomes, pattern, tlsError } from "../../_pair.ts";
import { renegotiable } from "../../connection/_renegotiation.ts";

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

/** The hint of an error that is explained. */
function hintOf(
  cause: Error & { hint?: string | undefined },
  known: Partial<Circumstances>,
): string | undefined {
  const error = explain(cause, {
    awaitsVerdict: false,
    isHandshaking: false,
    isOfTransport: false,
    remarks: {},
    ...known,
  });
  return (error as typeof cause).hint;
}

const alert = (name: TlsAlertName) => new TlsAlertError(AlertDescription[name]);

Deno.test("explain() has a refused renegotiation explain how the peer leaves", () => {
  const remarks = { renegotiation: "We refused" };
  assertEquals(hintOf(new TlsTruncatedError(), { remarks }), "We refused");
  assertEquals(hintOf(alert("internal_error"), { remarks }), "We refused");
  const own = new TlsProtocolError("decode_error", "x");
  assertEquals(hintOf(own, { remarks }), undefined);
  assertEquals(hintOf(new TlsTruncatedError(), {}), undefined);
});

Deno.test("explain() has a key explain what different keys lead to, in the handshake alone", () => {
  const remarks = { psk: "Another key" };
  const told = (cause: Error, isHandshaking = true) =>
    hintOf(cause, { remarks, isHandshaking }) === "Another key";
  for (const name of ["bad_record_mac", "decrypt_error"] as const) {
    assert(told(new TlsProtocolError(name, "x")));
    assert(told(alert(name)));
    assert(!told(alert(name), false));
  }
  for (const name of ["unknown_psk_identity", "handshake_failure"] as const) {
    assert(told(alert(name)));
    assert(!told(new TlsProtocolError(name, "x")));
  }
  assert(!told(alert("internal_error")));
  assert(!told(alert("unknown_ca")));
  assert(!told(new TlsTruncatedError()));
  // It says more already.
  const hint = "Mine";
  assertEquals(
    hintOf(new TlsProtocolError("decrypt_error", "x", { hint }), {
      remarks,
      isHandshaking: true,
    }),
    hint,
  );
});

Deno.test("explain() has the answer to a certificate request explain a server that leaves", () => {
  const missing = { sent: false, note: "None was sent" } as const;
  const sent = { sent: true, note: "Of another authority" } as const;
  const told = (
    cause: Error,
    certificate: typeof sent | typeof missing,
    known: Partial<Circumstances> = { isHandshaking: true },
  ) =>
    hintOf(cause, { remarks: { certificate }, ...known }) === certificate.note;
  assert(told(alert("unknown_ca"), sent));
  assert(told(alert("unknown_ca"), missing));
  assert(told(alert("decrypt_error"), sent));
  // Without a certificate we sign nothing.
  assert(!told(alert("decrypt_error"), missing));
  assert(!told(alert("internal_error"), missing));
  assert(told(new TlsTruncatedError(), missing));
  assert(!told(new TlsTruncatedError(), sent));
  // Not once the server has taken it.
  assert(!told(alert("unknown_ca"), missing, {}));
  assert(told(alert("unknown_ca"), missing, { awaitsVerdict: true }));
  const reset = () => new Deno.errors.ConnectionReset("x");
  assert(!told(reset(), missing));
  const isOfTransport = { isHandshaking: true, isOfTransport: true };
  assert(told(reset(), missing, isOfTransport));
});

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
