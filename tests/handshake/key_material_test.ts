/**
 * What others get of a connection's keys: exporters, channel bindings, the key
 * log.
 *
 * @module
 */

import { issueCertificate } from "../../x509/issue/issue.ts";
import { TrustStore } from "../../x509/trust/trust_store.ts";
import {
  assert,
  assertEquals,
  assertNotEquals,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { TlsError } from "../../errors.ts";
import { connected, pair, readBytes, utf8 } from "../_pair.ts";

Deno.test("exporters are equal at both ends and differ by label, context and length (section 7.5)", async () => {
  await using ends = await connected();
  const { client, server } = ends;
  const one = client.exportKeyingMaterial("EXPERIMENTAL one", undefined, 32);
  assertEquals(
    server.exportKeyingMaterial("EXPERIMENTAL one", undefined, 32),
    one,
  );
  // No context is an empty one.
  assertEquals(
    server.exportKeyingMaterial("EXPERIMENTAL one", new Uint8Array(), 32),
    one,
  );
  for (
    const other of [
      client.exportKeyingMaterial("EXPERIMENTAL two", undefined, 32),
      client.exportKeyingMaterial("EXPERIMENTAL one", utf8("context"), 32),
      client.exportKeyingMaterial("EXPERIMENTAL one", undefined, 48).subarray(
        0,
        32,
      ),
    ]
  ) assertNotEquals(other, one);
  await using again = await connected();
  assertNotEquals(
    again.client.exportKeyingMaterial("EXPERIMENTAL one", undefined, 32),
    one,
  );
});

Deno.test("exporters ask for a handshake first", async () => {
  await using ends = await pair();
  const error = await assertRejects(
    // deno-lint-ignore require-await -- a throw becomes a rejection
    async () => ends.client.exportKeyingMaterial("EXPERIMENTAL", undefined, 32),
    TypeError,
    "handshake has not finished",
  );
  assert(!(error instanceof TlsError));
});

Deno.test("tls-server-end-point needs a certificate whose signature has one hash function (RFC 5929 section 4.1)", async () => {
  const own = await issueCertificate({
    names: ["localhost"],
    keyType: "ed25519",
  });
  await using ends = await connected(
    { trust: TrustStore.of(own.cert) },
    { cert: own.cert, key: own.key },
  );
  assertThrows(
    () => ends.client.channelBinding("tls-server-end-point"),
    TypeError,
    "has no one hash function",
  );
});

Deno.test("channel bindings are the same at both ends and on no other connection", async () => {
  await using ends = await connected();
  const { client, server } = ends;
  const binding = client.channelBinding("tls-exporter");
  assertEquals(binding.length, 32);
  assertEquals(server.channelBinding("tls-exporter"), binding);
  await using other = await connected();
  assertNotEquals(other.client.channelBinding("tls-exporter"), binding);
  assertThrows(
    () => client.channelBinding("tls-other" as "tls-unique"),
    TypeError,
    "of type tls-other",
  );
  const endPoint = client.channelBinding("tls-server-end-point");
  assertEquals(server.channelBinding("tls-server-end-point"), endPoint);
  const { raw } = client.info.peerCertificates[0] ?? { raw: new Uint8Array() };
  assertEquals(
    endPoint,
    new Uint8Array(await crypto.subtle.digest("SHA-256", raw.slice())),
  );
  await assertRejects(
    // deno-lint-ignore require-await -- a throw becomes a rejection
    async () => client.channelBinding("tls-unique"),
    TypeError,
    "tls-exporter",
  );
});

Deno.test("keyLog gets the lines of RFC 9850, the same at both ends", async () => {
  const lines: Record<"client" | "server", string[]> = {
    client: [],
    server: [],
  };
  await using ends = await connected(
    { keyLog: (line) => lines.client.push(line) },
    { keyLog: (line) => lines.server.push(line) },
  );
  await ends.client.updateKeys();
  await ends.client.write(utf8("x"));
  await readBytes(ends.server, 1);
  assertEquals(lines.client.toSorted(), lines.server.toSorted());
  const labels = lines.client.map((line) => line.split(" ")[0]);
  assertEquals(labels.slice(0, 5), [
    "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
    "SERVER_HANDSHAKE_TRAFFIC_SECRET",
    "CLIENT_TRAFFIC_SECRET_0",
    "SERVER_TRAFFIC_SECRET_0",
    "EXPORTER_SECRET",
  ]);
  for (const line of lines.client) {
    assert(
      /^[A-Z_0-9]+ [0-9a-f]{64} ([0-9a-f]{64}|[0-9a-f]{96})$/.test(line),
      line,
    );
  }
});
