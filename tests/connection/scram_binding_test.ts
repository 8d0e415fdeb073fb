/**
 * The channel binding of SASL, verify_data, and flush().
 *
 * @module
 */

import {
  assertEquals,
  assertInstanceOf,
  assertNotEquals,
  assertRejects,
  assertThrows,
} from "@std/assert";
import {
  type ChannelBindingType,
  scramBinding,
  type TlsConn,
  TlsError,
} from "../../mod.ts";
import { connected, pair, pattern, readBytes } from "../_pair.ts";

Deno.test("scramBinding() prefers tls-exporter, the same at both ends", async () => {
  for (const maxVersion of ["TLSv1.3", "TLSv1.2"] as const) {
    await using ends = await connected({ maxVersion });
    const [here, there] = [
      scramBinding(ends.client),
      scramBinding(ends.server),
    ];
    assertEquals(here.type, "tls-exporter");
    assertEquals(here.flag, "p=tls-exporter");
    assertEquals(here.data, ends.client.channelBinding("tls-exporter"));
    assertEquals(here, there);
  }
});

Deno.test("scramBinding() takes tls-server-end-point where there is no exporter", async () => {
  await using ends = await connected({ maxVersion: "TLSv1.2" });
  const [here, there] = [ends.client, ends.server].map((conn) =>
    scramBinding(withoutExporter(conn))
  );
  assertEquals(here?.flag, "p=tls-server-end-point");
  assertEquals(here?.data, ends.client.channelBinding("tls-server-end-point"));
  assertEquals(here, there);
});

Deno.test("scramBinding() says why there is none", async () => {
  const key = new Uint8Array(32).fill(1);
  await using ends = await connected(
    { psk: { identity: "a", key } },
    { psk: () => ({ key }) },
  );
  const binding = scramBinding(ends.client, [
    "tls-unique",
    "tls-server-end-point",
  ]);
  assertEquals([binding.type, binding.data, binding.flag], [
    undefined,
    undefined,
    "n",
  ]);
  const reason = "reason" in binding ? binding.reason : "";
  assertEquals(reason.includes("TLS 1.3 has none"), true);
  assertEquals(reason.includes("no certificate"), true);
  assertEquals(scramBinding(ends.client, []).flag, "n");
});

Deno.test("scramBinding() refuses an unknown type, and a connection that is not open", async () => {
  await using ends = await pair();
  assertThrows(() => scramBinding(ends.client), TypeError, "handshake");
  await Promise.all([ends.client.handshake(), ends.server.handshake()]);
  assertThrows(
    () => Reflect.apply(scramBinding, undefined, [ends.client, ["tls-other"]]),
    TypeError,
    "tls-other",
  );
});

Deno.test("TlsConn verifyData is the same at both ends", async () => {
  for (const maxVersion of ["TLSv1.3", "TLSv1.2"] as const) {
    await using ends = await pair({ maxVersion });
    assertEquals(ends.client.verifyData, undefined);
    await Promise.all([ends.client.handshake(), ends.server.handshake()]);
    const { verifyData } = ends.client;
    assertEquals(verifyData, ends.server.verifyData);
    assertNotEquals(verifyData?.client, verifyData?.server);
    assertEquals([ends.client.side, ends.server.side], ["client", "server"]);
    if (maxVersion === "TLSv1.2") {
      assertEquals(
        verifyData?.client,
        ends.client.channelBinding("tls-unique"),
      );
    } else assertEquals(verifyData?.client.length, 32);
  }
});

Deno.test("TlsConn flush() waits until the transport has taken all", async () => {
  await using ends = await connected();
  const bytes = pattern(100_000);
  const written = ends.client.write(bytes);
  const flushed = ends.client.flush();
  assertEquals(await readBytes(ends.server, bytes.length), bytes);
  await Promise.all([written, flushed, ends.client.flush()]);
});

Deno.test("TlsConn flush() rejects when the connection has failed", async () => {
  const ends = await pair({ serverName: "other.test" });
  ends.server.handshake().catch(() => {});
  const error = await assertRejects(() => ends.client.flush());
  assertInstanceOf(error, TlsError);
  assertEquals(error.code, "hostname_mismatch");
});

/** As a connection with a peer that lacks the extended master secret. */
function withoutExporter(conn: TlsConn): TlsConn {
  return new Proxy(conn, {
    get(_, name) {
      if (name === "info") return conn.info;
      return (type: ChannelBindingType) => {
        if (type === "tls-exporter") throw new TypeError("no exporter");
        return conn.channelBinding(type);
      };
    },
  });
}
