/**
 * Whatever a peer calls itself, its protocols and its names reaches no message
 * and no trace raw.
 *
 * @module
 */

import { assert, assertStringIncludes } from "@std/assert";
import { tls13 } from "../../handshake/messages/message_kinds.ts";
import { utf8String } from "../../x509/asn1/der.ts";
import { notTls } from "../../record/not_tls.ts";
import {
  assertRefused,
  editing,
  hostileClient,
  hostileServer,
} from "../_hostile_peer.ts";
import { outcomes, pair, tlsError, utf8 } from "../_pair.ts";
import { nameOf } from "../x509/_certificate.ts";

const HOSTILE = "\x1b[2J\r\nFORGED \u202e\u200b";
const ESCAPED = "\\x1b[2J\\x0d\\x0aFORGED \\u{202e}\\u{200b}";
const RAW = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

function assertEscaped(error: unknown, shown = ESCAPED): void {
  const { message, hint = "" } = tlsError(error);
  assert(!RAW.test(message + hint), JSON.stringify(message));
  assertStringIncludes(message, shown);
}

Deno.test("errors of ALPN escape the client's protocols", async () => {
  await using ends = await pair(
    { alpnProtocols: [HOSTILE] },
    { alpnProtocols: ["h2"] },
  );
  assertEscaped((await outcomes(ends)).server);
});

Deno.test("errors of ALPN escape the server's protocol", async () => {
  const mischief = editing(tls13.encryptedExtensions, (message) => ({
    ...message,
    extensions: {
      ...message.extensions,
      application_layer_protocol_negotiation: [utf8(HOSTILE)],
    },
  }));
  const peer = await hostileServer(mischief, {
    client: { alpnProtocols: ["h2"] },
    server: { alpnProtocols: ["h2"] },
  });
  assertEscaped(await assertRefused("illegal_parameter", peer));
});

Deno.test("errors of certificates escape names that a server sends", async () => {
  const lines: string[] = [];
  const mischief = editing(tls13.certificateRequest, (message) => ({
    ...message,
    extensions: {
      ...message.extensions,
      certificate_authorities: [nameOf(utf8String(HOSTILE))],
    },
  }));
  const { peer, conn, flow } = await hostileServer(mischief, {
    client: { trace: (line) => lines.push(line) },
    server: { clientAuth: "require" },
  });
  using _ = peer;
  await Promise.allSettled([
    conn.handshake(),
    flow().catch(() => peer.cut(new Error("gone"))),
  ]);
  const line = lines.find((line) => line.includes("FORGED"));
  assertStringIncludes(line ?? "", `certificate of "CN=${ESCAPED}"`);
  for (const line of lines) assert(!RAW.test(line), JSON.stringify(line));
});

Deno.test("errors of names escape what a client asks for", async () => {
  const mischief = editing(tls13.clientHello, (message) => ({
    ...message,
    extensions: {
      ...message.extensions,
      server_name: [{ nameType: 0, hostName: utf8(HOSTILE) }],
    },
  }));
  const peer = await hostileClient(mischief, {
    server: { cert: undefined, key: undefined, sni: () => undefined },
  });
  const { conn, flow } = peer;
  using _ = peer.peer;
  const [ours] = await Promise.allSettled([conn.handshake(), flow()]);
  assert(ours.status === "rejected");
  assert(!RAW.test(tlsError(ours.reason).message));
  assertStringIncludes(
    tlsError(ours.reason).message,
    "expected a host name in ASCII",
  );
});

Deno.test("errors of peers without TLS show bytes and no text", () => {
  const error = notTls(utf8(`220 ${HOSTILE}`));
  assert(error !== undefined);
  assert(!RAW.test(error.message + (error.hint ?? "")));
});
