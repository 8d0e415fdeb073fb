import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { TlsAlertError, TlsProtocolError } from "../../mod.ts";
import { prefaceCheck } from "../../http/preface.ts";
import { dial, readUntil, say, start } from "./_server.ts";

const PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/** Passes the chunks to a check. */
function check(alpnProtocol: string | undefined, ...chunks: string[]): void {
  const take = prefaceCheck(alpnProtocol);
  for (const chunk of chunks) take(new TextEncoder().encode(chunk));
}

Deno.test("prefaceCheck() takes what ALPN has agreed on", () => {
  check("h2", PREFACE + "\0\0\0", "anything");
  check("h2", ...PREFACE);
  check("http/1.1", "GET / HTTP/1.1\r\n", PREFACE);
  check("http/1.1", "P", "R", "OPFIND / HTTP/1.1\r\n");
  check(undefined, PREFACE.slice(0, -1), "x");
});

Deno.test("prefaceCheck() refuses the other version, in one chunk or many", () => {
  for (const chunks of [[PREFACE], [...PREFACE]]) {
    for (const alpn of ["http/1.1", undefined]) {
      assertThrows(() => check(alpn, ...chunks), TlsProtocolError, "HTTP/2");
    }
  }
  for (
    const text of ["GET / HTTP/1.1\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\rx"]
  ) {
    assertThrows(() => check("h2", text), TlsProtocolError, "preface");
    assertThrows(() => check("h2", ...text), TlsProtocolError, "preface");
  }
});

Deno.test("a client that speaks another version than it agreed to is refused, and told", async () => {
  const errors: unknown[] = [];
  await using server = start(() => new Response("x"), {
    onError: (error) => (errors.push(error), new Response()),
  });
  for (
    const [alpn, text] of [["h2", "GET / HTTP/1.1\r\n\r\n"], [
      "http/1.1",
      PREFACE,
    ]] as const
  ) {
    const conn = await dial(server, { alpnProtocols: [alpn] });
    await say(conn, text);
    const error = await assertRejects(
      () => readUntil(conn, "\0"),
      TlsAlertError,
    );
    assertEquals(error.alert, "no_application_protocol");
    conn.abort();
  }
  assertEquals(
    errors.map((error) => (error as TlsProtocolError).alert),
    ["no_application_protocol", "no_application_protocol"],
  );
});
