/**
 * Asking a client for its certificate later on (RFC 9846 section 4.7.2).
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import type { ServerOptions } from "../../../connection/options/options.ts";
import { prepareAnswer } from "../../../handshake/tls13/post_handshake_auth.ts";
import { TlsAlertError, TlsError } from "../../../errors.ts";
import { tls13 } from "../../../handshake/messages/message_kinds.ts";
import { CertificateType, ContentType } from "../../../registry.ts";
import { TlsCertificateError } from "../../../x509/certificate/errors.ts";
import { issueCertificate } from "../../../x509/issue/issue.ts";
import { clientConfig, hostileClient } from "../../_hostile_peer.ts";
import { certificate, connected, readBytes, utf8 } from "../../_pair.ts";
import { asTls13 } from "../../_established.ts";

const { application_data } = ContentType;

const quiet: ServerOptions = { tickets: 0 };

Deno.test("TlsConn.requestCertificate() authenticates the client later on", async () => {
  const { cert, key } = await certificate({ names: ["later"] });
  await using ends = await connected({ cert, key }, quiet);
  assertEquals(ends.server.info.authorization, { status: "none" });
  // The answer is read with the data: both go on reading.
  const reading = readBytes(ends.client, 4);
  const pending = ends.server.read(new Uint8Array(4));
  await ends.server.write(utf8("go"));
  const peer = await ends.server.requestCertificate();
  await ends.server.write(utf8("on"));
  assertEquals(await reading, utf8("goon"));
  assertEquals(peer.authorization, { status: "verified" });
  assertStringIncludes(peer.certificates[0]?.subject ?? "", "later");
  assertEquals(ends.server.info.authorization, { status: "verified" });
  const { info } = ends.client;
  assertEquals(info.localCertificate?.raw, peer.certificates[0]?.raw);
  assertEquals(info.localSignatureScheme, ends.server.info.signatureScheme);
  await ends.client.write(utf8("data"));
  assertEquals(await pending, 4);
});

Deno.test("TlsConn.requestCertificate() that refuses the client ends the connection", async () => {
  const stranger = await issueCertificate({ names: ["stranger"] });
  const ends = await connected({ cert: stranger.cert, key: stranger.key });
  const reading = ends.client.read(new Uint8Array(1));
  ends.server.read(new Uint8Array(1));
  const error = await assertRejects(
    () => ends.server.requestCertificate(),
    TlsCertificateError,
  );
  assertEquals(
    [error.code, error.alert, error.side, error.stage],
    ["unknown_issuer", "unknown_ca", "server", "data"],
  );
  const told = await assertRejects(() => reading, TlsAlertError);
  assertEquals(told.alert, "unknown_ca");
  assertEquals(await ends.server.closed, { clean: false, error });
});

Deno.test("TlsConn.requestCertificate() accepts answers in any order", async () => {
  const { cert, key } = await certificate({ names: ["client.test"] });
  const options = { cert, key };
  const { peer, conn, flow } = await hostileClient({}, {
    client: options,
    server: quiet,
  });
  using _ = peer;
  const [, established] = await Promise.all([conn.handshake(), flow()]);
  const asked = [conn.requestCertificate(), conn.requestCertificate()];
  const reading = conn.read(new Uint8Array(1));
  const config = await clientConfig(options);
  const answers = [
    await prepareAnswer(peer.io, config, CertificateType.X509),
    await prepareAnswer(peer.io, config, CertificateType.X509),
  ];
  const secret = asTls13(established).traffic.write;
  assert(secret !== undefined);
  for (const { send } of answers.toReversed()) {
    send(established.cipherSuite.hash, secret);
  }
  await peer.sendRecord(application_data, utf8("x"));
  assertEquals(await reading, 1);
  for (const { certificates } of await Promise.all(asked)) {
    assertEquals(certificates[0]?.subject, "CN=client.test");
  }
  conn.abort();
});

Deno.test("TlsConn keeps data and new keys out of its answer to requestCertificate()", async () => {
  const { identity } = await certificate({ names: ["client.test"] });
  const asked = Promise.withResolvers<void>();
  const signing = Promise.withResolvers<void>();
  const key = {
    publicKey: identity.key.publicKey,
    async sign(...input: Parameters<typeof identity.key.sign>) {
      asked.resolve();
      await signing.promise;
      return await identity.key.sign(...input);
    },
  };
  await using ends = await connected({
    certificates: [{ chain: identity.chain, key }],
  }, quiet);
  const answer = ends.server.requestCertificate();
  const reading = ends.client.read(new Uint8Array(1));
  await asked.promise;
  await ends.client.write(utf8("one"));
  const updated = ends.client.updateKeys();
  signing.resolve();
  await updated;
  await ends.client.write(utf8("two"));
  assertEquals(await readBytes(ends.server, 6), utf8("onetwo"));
  await ends.server.write(utf8("!"));
  assertEquals(await reading, 1);
  const read = ends.client.write(utf8("x"))
    .then(() => readBytes(ends.server, 1));
  assertEquals((await answer).certificates[0]?.subject, "CN=client.test");
  await read;
});

for (
  const [what, kind, alert] of [
    // RFC 9846 section 4.5.3: "Recipients of Finished messages MUST verify that
    // the contents are correct and if incorrect MUST terminate the connection
    // with a "decrypt_error" alert."
    ["Finished", tls13.finished, "decrypt_error"],
    ["signature", tls13.certificateVerify, "decrypt_error"],
  ] as const
) {
  Deno.test(`TlsConn.requestCertificate() refuses an answer with a wrong ${what}: ${alert}`, async () => {
    const { cert, key } = await certificate({ names: ["client.test"] });
    const options = { cert, key };
    let isOver = false;
    const { peer, conn, flow } = await hostileClient({
      message: ({ raw }) => {
        if (!isOver || raw[0] !== kind.type) return undefined;
        const wrong = raw.slice();
        wrong[wrong.length - 1] = (wrong[wrong.length - 1] ?? 0) ^ 1;
        return wrong;
      },
    }, { client: options, server: quiet });
    using _ = peer;
    const [, established] = await Promise.all([conn.handshake(), flow()]);
    isOver = true;
    const answer = conn.requestCertificate();
    const reading = conn.read(new Uint8Array(1));
    reading.catch(() => {});
    const { send } = await prepareAnswer(
      peer.io,
      await clientConfig(options),
      CertificateType.X509,
    );
    const secret = asTls13(established).traffic.write;
    assert(secret !== undefined);
    send(established.cipherSuite.hash, secret);
    await peer.sendRecord(application_data, utf8("x"));
    const error = await assertRejects(() => answer, TlsError);
    assertEquals([error.alert, error.stage], [alert, "data"]);
    assertEquals(await peer.readAlert(), alert);
    assertEquals(conn.info.peerCertificates, []);
    assertEquals(await conn.closed, { clean: false, error });
  });
}

Deno.test("TlsConn.requestCertificate() is refused where it cannot be", async () => {
  await using ends = await connected({}, quiet);
  await assertRejects(
    () => ends.server.requestCertificate(),
    TypeError,
    "post_handshake_auth",
  );
  await assertRejects(
    () => ends.client.requestCertificate(),
    TypeError,
    "only possible at a server",
  );
});
