import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { TlsProtocolError } from "../../errors.ts";
import { notTls } from "../../record/not_tls.ts";

/** What a peer begins with, and how it is called. */
const PEERS: readonly [first: string, name: string][] = [
  ["GET / HTTP/1.1\r\n", "HTTP"],
  ["POST /x HTTP/1.1\r\n", "HTTP"],
  ["HEAD ", "HTTP"],
  ["PUT /", "HTTP"],
  ["PATCH", "HTTP"],
  ["DELET", "HTTP"],
  ["OPTIO", "HTTP"],
  ["CONNE", "HTTP"],
  ["TRACE", "HTTP"],
  ["HTTP/1.1 400 Bad Request\r\n", "HTTP"],
  ["HTTP/", "HTTP"],
  ["PRI * HTTP/2.0\r\n", "HTTP/2 without TLS"],
  ["SSH-2.0-OpenSSH_9.6\r\n", "SSH"],
  ["SSH-2", "SSH"],
  ["220 mail.example.com ESMTP Postfix\r\n", "SMTP"],
  ["220 ProFTPD Server ready.\r\n", "FTP"],
  ["220-ftp.example.com FTP server\r\n", "FTP"],
  ["220 m", "SMTP or FTP"],
  ["421 Too many connections\r\n", "SMTP or FTP"],
  ["EHLO client.example.com\r\n", "SMTP"],
  ["HELO x", "SMTP"],
  ["+OK POP3 ready\r\n", "POP3"],
  ["+OK P", "POP3"],
  ["* OK IMAP4rev1\r\n", "IMAP"],
  ["* PRE", "IMAP"],
  ["<?xml version='1.0'?>", "XMPP"],
  ["<stre", "XMPP"],
  ["PROXY TCP4 192.0.2.1", "the PROXY protocol"],
  ["\r\n\r\n\0\r\nQUIT\n", "the PROXY protocol"],
  ["\0\0\0\x08\x04\xd2\x16\x2f", "PostgreSQL"],
  ["\0\0\0\x29\0\x03\0\0user\0", "PostgreSQL"],
  ["N", "PostgreSQL"],
  ["E\0\0\0\x84SFATAL", "PostgreSQL"],
  ["\x4a\0\0\0\x0a8.0.36\0", "MySQL"],
  ["\x45\0\0\0\xff\x10\x04Too many connections", "MySQL"],
];

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

for (const [first, name] of PEERS) {
  Deno.test(`notTls() names ${name} by ${JSON.stringify(first)}`, () => {
    const error = notTls(bytesOf(first));
    assert(error !== undefined);
    assertEquals(error.code, "not_tls");
    assertEquals(error.alert, undefined);
    assertStringIncludes(error.message, `the peer speaks ${name}, not TLS`);
    const shown = bytesOf(first).subarray(0, 5).toHex()
      .replaceAll(/..(?=.)/g, "$& ");
    assertStringIncludes(error.message, `first bytes ${shown})`);
  });
}

Deno.test("notTls() names nothing that it does not know", () => {
  for (
    const first of ["hello", "\x80\x80\x80\x80\x80", "\0\0\0\0\0", "NOPE!"]
  ) {
    const error = notTls(bytesOf(first));
    assertEquals(error?.code, "not_tls");
    assertStringIncludes(error?.message ?? "", "the peer does not speak TLS (");
  }
});

Deno.test("notTls() names an SSLv2 hello, and answers it with an alert", () => {
  const error = notTls(bytesOf("\x80\x2e\x01\x00\x02\x00\x15"));
  assert(error instanceof TlsProtocolError);
  assertEquals([error.code, error.alert], ["not_tls", "protocol_version"]);
  assertStringIncludes(error.message, "SSLv2");
});

Deno.test("notTls() leaves what may be a record to the header's rules", () => {
  for (const type of [20, 21, 22, 23]) {
    assertEquals(notTls(Uint8Array.of(type, 9, 9, 9, 9)), undefined);
  }
});
