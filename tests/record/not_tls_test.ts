import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { TlsProtocolError } from "../../errors.ts";
import { notTls, notTlsAmid } from "../../record/not_tls.ts";

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
  ["<!DOCTYPE html><html>", "HTML"],
  ["<html", "HTML"],
  ["\n<html><body>", "HTML"],
  ["SIP/2.0 400 Bad Request\r\n", "SIP or RTSP"],
  ["RFB 003.008\n", "VNC"],
  ["@RSYNCD: 31.0\n", "rsync"],
  ["-ERR unknown command\r\n", "Redis"],
  ["-NOAUTH Authentication required.\r\n", "Redis"],
  ["*1\r\n$4\r\nPING\r\n", "Redis"],
  ["AMQP\0\0\x09\x01", "AMQP"],
  ['INFO {"server_id":"N"}\r\n', "NATS"],
  ["INFO ", "NATS"],
  [":irc.example NOTICE * :*** Looking up\r\n", "IRC"],
  ["ERROR :Closing Link\r\n", "IRC"],
  ["ERROR\r\n", "memcached"],
  ["500 OOPS: vsftpd: refusing to run\r\n", "FTP"],
  ["554 5.7.1 no\r\n", "SMTP or FTP"],
  ["200 news.example ready\r\n", "NNTP"],
  ["0\x0c\x02\x01\x01\x61\x07\x0a", "LDAP"],
  ["0\x84\0\0\0", "LDAP"],
  ["\x10\x12\0\x04MQTT\x04", "MQTT"],
  ["\x20\x02\0\0", "MQTT"],
  ["\x12\x01\0\x2f\0\0\x01\0", "TDS"],
  ["\x04\x01\0\x2b\0\0\x01\0", "TDS"],
  ["\x05\0", "SOCKS"],
  ["\x05\x01\0", "SOCKS"],
  ["\x05\xff", "SOCKS"],
  ["\x04\x01\x01\xbb\xc0\0\x02\x01\0", "SOCKS"],
  ["\x03\0\0\x13\x0e\xd0", "RDP"],
  ["\xff\xfd\x18\xff\xfd", "Telnet"],
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
    assertEquals(error.firstBytes, bytesOf(first).subarray(0, 5));
  });
}

/** A ServerHello's header. */
const RECORD = "\x16\x03\x03\0\x7a\x02\0\0\x76\x03\x03";

Deno.test("notTls() names what is left over before a record", () => {
  const cases = [
    ["\r\n", "2 bytes stand before the first one (first bytes 0d 0a 16 03 03)"],
    ["220 Go ahead\r\n", "14 bytes of SMTP or FTP stand before the first one"],
    ["\0", "1 bytes stand before"],
  ] as const;
  for (const [before, text] of cases) {
    const error = notTls(bytesOf(before + RECORD));
    assertEquals(error?.code, "not_tls");
    assertStringIncludes(error?.message ?? "", text);
    assertStringIncludes(error?.hint ?? "", "initialData");
  }
});

Deno.test("notTlsAmid() names plain text among records, and answers it", () => {
  const cases = [
    ["HTTP/1.1 502 Bad Gateway\r\n", "the peer sent HTTP in the middle"],
    ["500 OOPS: priv_sock_get_cmd\r\n", "the peer sent FTP in the middle"],
    ["<html><body>504", "the peer sent HTML in the middle"],
    ["Segmentation fault\n", "the peer sent plain text in the middle"],
    ["\r\n" + RECORD, "2 bytes that are not a record come before it"],
  ] as const;
  for (const [text, expected] of cases) {
    const error = notTlsAmid(bytesOf(text));
    assertEquals(error?.code, "not_tls");
    // RFC 9846 section 5.
    assertEquals(error?.alert, "unexpected_message");
    assertStringIncludes(error?.message ?? "", expected);
    assertStringIncludes(error?.hint ?? "", "its own log says why");
    assertEquals(error?.firstBytes, bytesOf(text).subarray(0, 5));
  }
  const unknown = notTlsAmid(bytesOf("\x80\x81\x82\x83\x84"));
  assertEquals(unknown?.code, "unexpected_message");
  assertStringIncludes(unknown?.message ?? "", "its type 128 is unknown");
  assertEquals(notTlsAmid(bytesOf(RECORD)), undefined);
});

Deno.test("notTls() names nothing that it does not know", () => {
  for (
    const first of ["hello", "\x80\x80\x80\x80\x80", "\0\0\0\0\0", "NOPE!"]
  ) {
    const error = notTls(bytesOf(first));
    assertEquals(error?.code, "not_tls");
    assertStringIncludes(error?.message ?? "", "the peer does not speak TLS (");
  }
});

/** What lacks one sign of a protocol, and is not called by its name. */
const NEAR_MISSES: readonly [first: string, name: string][] = [
  ["1\x0c\x02\x01\x01", "LDAP"],
  ["0\x0c\x03\x01\x01", "LDAP"],
  ["0\x0c\x02\x02\x01", "LDAP"],
  ["0\x83\0\0\0", "LDAP"],
  ["0\x84\x01\0\0", "LDAP"],
  ["0\x84\0\x01\0", "LDAP"],
  ["\x4a\0\x01\0\x0a8.0.36\0", "MySQL"],
  ["\x4a\0\0\x01\x0a8.0.36\0", "MySQL"],
  ["\x4a\0\0\0\x0b8.0.36\0", "MySQL"],
  ["\x01\0\0\x08\x04\xd2\x16\x2f", "PostgreSQL"],
  ["\0\x01\0\x08\x04\xd2\x16\x2f", "PostgreSQL"],
  ["\0\0\0\x08\x05\xd2\x16\x2f", "PostgreSQL"],
  ["\0\0\0\x08\x04\xd3\x16\x2f", "PostgreSQL"],
  ["\0\0\0\x08\x04\xd2\x16", "PostgreSQL"],
  ["\0\0\0\x29\x01\x03\0\0", "PostgreSQL"],
  ["\0\0\0\x29\0\x02\0\0", "PostgreSQL"],
];

for (const [first, name] of NEAR_MISSES) {
  Deno.test(`notTls() does not name ${name} by ${JSON.stringify(first)}`, () => {
    const error = notTls(bytesOf(first));
    assertEquals(error?.code, "not_tls");
    assert(!error?.message.includes(name), error?.message);
  });
}

/** Whether a record's header is seen behind a byte that is none. */
function seesRecord(header: string): boolean {
  const error = notTls(bytesOf(`\x80${header}`));
  return error?.hint?.includes("initialData") ?? false;
}

Deno.test("notTls() looks for a whole header that may be right", () => {
  const cases = [
    ["\x15\x03\x03\0\x02", true],
    ["\x17\x03\x03\0\x02", true],
    ["\x14\x03\x03\0\x01", false],
    ["\x18\x03\x03\0\x02", false],
    ["\x16\x03\x01\0\x02", true],
    ["\x16\x03\0\0\x02", false],
    ["\x16\x03\x04\0\x02", false],
    ["\x16\x03\x03\0\x01", true],
    ["\x16\x03\x03\0\0", false],
    ["\x16\x03\x03\x40\0", true],
    ["\x16\x03\x03\x40\x01", false],
    ["\x16\x03\x03\0", false],
  ] as const;
  for (const [header, expected] of cases) {
    assertEquals(seesRecord(header), expected, JSON.stringify(header));
  }
});

Deno.test("notTls() looks for a header in the first 128 bytes", () => {
  const header = "\x16\x03\x03\0\x02";
  assert(seesRecord("\x80".repeat(122) + header));
  assert(!seesRecord("\x80".repeat(123) + header));
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

// RFC 9846 section 5: "Implementations MUST NOT send record types not defined in
// this document unless negotiated by some extension."
Deno.test("notTls() takes a whole header for a record of an unknown type, and no part of one", () => {
  const header = Uint8Array.of(99, 3, 3, 0x40, 0);
  for (const minor of [1, 2, 3]) {
    const error = notTls(header.with(2, minor));
    assertEquals(error?.alert, "unexpected_message");
    assertStringIncludes(error?.message ?? "", "its type 99 is unknown");
  }
  for (
    const other of [
      ...[1, 2, 3, 4].map((length) => header.subarray(0, length)),
      Uint8Array.of(99, 3, 0, 0, 1),
      Uint8Array.of(99, 3, 4, 0, 1),
      Uint8Array.of(99, 3, 3, 0x40, 1),
    ]
  ) {
    const error = notTls(other);
    assertEquals([error?.code, error?.alert], ["not_tls", undefined]);
    assertStringIncludes(error?.message ?? "", "the peer does not speak TLS (");
  }
});
