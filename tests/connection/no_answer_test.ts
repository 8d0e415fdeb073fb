import { assertEquals, assertRejects } from "@std/assert";
import { TlsError } from "../../errors.ts";
import { connected } from "../_pair.ts";

Deno.test("requestCertificate() rejects when the client ends without an answer", async () => {
  await using ends = await connected({ postHandshakeAuth: true });
  // Before the client reads the request it has said its last word.
  await ends.client.closeWrite();
  const asked = ends.server.requestCertificate();
  const refused = assertRejects(() => asked, TlsError);
  assertEquals(await ends.server.read(new Uint8Array(1)), null);
  assertEquals((await refused).code, "closed");
});

Deno.test("requestCertificate() rejects at once when the client has ended", async () => {
  await using ends = await connected({ postHandshakeAuth: true });
  await ends.client.closeWrite();
  assertEquals(await ends.server.read(new Uint8Array(1)), null);
  const error = await assertRejects(
    () => ends.server.requestCertificate(),
    TlsError,
  );
  assertEquals(error.code, "closed");
});

Deno.test("requestCertificate() rejects when reading was cancelled", async () => {
  await using ends = await connected({ postHandshakeAuth: true });
  const asked = ends.server.requestCertificate();
  const refused = assertRejects(() => asked, TlsError);
  await ends.server.readable.cancel();
  assertEquals((await refused).code, "closed");
});

Deno.test("renegotiate() rejects at once when the peer has ended", async () => {
  const options = { maxVersion: "TLSv1.2" } as const;
  await using ends = await connected(options, options);
  await ends.client.closeWrite();
  assertEquals(await ends.server.read(new Uint8Array(1)), null);
  const error = await assertRejects(() => ends.server.renegotiate(), TlsError);
  assertEquals([error.code, error.side], ["closed", "server"]);
});
