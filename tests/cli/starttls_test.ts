// deno-lint-ignore-file no-control-regex -- these protocols have bytes

/**
 * `--starttls`: every protocol against a server that speaks it, and servers that
 * refuse, never end, or leave plain text behind their consent.
 *
 * @module
 */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { starttlsNames } from "../../cli/starttls/table.ts";
import { run } from "./_run.ts";
import { echoOn, files, plainServer } from "./_servers.ts";

/** What a server says, and what it must hear in between. */
type Script = readonly (string | Uint8Array | RegExp)[];

const bytes = (...values: number[]) => Uint8Array.from(values);

/** A MySQL greeting: version 10, "8.0", a thread, a salt, CLIENT_SSL. */
const MYSQL = [
  10,
  ...new TextEncoder().encode("8.0\0"),
  ...new Array(4).fill(1),
  ...new Array(8).fill(7),
  0,
  0x00,
  0x8a,
  45,
  2,
  0,
  ...new Array(16).fill(0),
];

const SCRIPTS: Readonly<Record<string, Script>> = {
  smtp: [
    "220-a.test\r\n220 ready\r\n",
    /^EHLO \S+\r\n$/,
    "250-a.test\r\n250-SIZE 1\r\n250 STARTTLS\r\n",
    /^STARTTLS\r\n$/,
    "220 go ahead\r\n",
  ],
  lmtp: [
    "220 ready\r\n",
    /^LHLO \S+\r\n$/,
    "250-STARTTLS\r\n250 8BITMIME\r\n",
    /^STARTTLS\r\n$/,
    "220 go ahead\r\n",
  ],
  imap: [
    "* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n",
    /^a STARTTLS\r\n$/,
    "* CAPABILITY IMAP4rev1\r\na OK begin\r\n",
  ],
  pop3: ["+OK ready\r\n", /^STLS\r\n$/, "+OK begin\r\n"],
  ftp: [
    "220-Welcome\r\n there\r\n220 ready\r\n",
    /^AUTH TLS\r\n$/,
    "234 go ahead\r\n",
  ],
  sieve: [
    '"IMPLEMENTATION" "a"\r\n"STARTTLS"\r\nOK "ready"\r\n',
    /^STARTTLS\r\n$/,
    'OK "begin"\r\n',
  ],
  xmpp: [
    /^<\?xml.*<stream:stream to='127.0.0.1' xmlns='jabber:client'.*>$/,
    "<?xml version='1.0'?><stream:stream id='1'><stream:features>" +
    "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>",
    /^<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'\/>$/,
    "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>",
  ],
  "xmpp-server": [
    /xmlns='jabber:server'.*>$/,
    "<stream:stream><stream:features><starttls><required/></starttls>" +
    "</stream:features>",
    /^<starttls .*\/>$/,
    "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'></proceed>",
  ],
  ldap: [
    /^0\x1d\x02\x01\x01w\x18\x80\x161\.3\.6\.1\.4\.1\.1466\.20037$/,
    // Lengths in four bytes, as Active Directory writes them.
    bytes(0x30, 0x84, 0, 0, 0, 0x10, 2, 1, 1),
    bytes(0x78, 0x84, 0, 0, 0, 7, 0x0a, 1, 0, 4, 0, 4, 0),
  ],
  postgres: [/^\0\0\0\x08\x04\xd2\x16\x2f$/, "S"],
  mysql: [
    bytes(MYSQL.length, 0, 0, 0, ...MYSQL),
    // Sequence number 1, 32 bytes, with CLIENT_SSL.
    /^\x20\0\0\x01\0\x8a[\s\S]{30}$/,
  ],
  nats: ['INFO {"server_id":"a","tls_required":true}\r\n'],
};

for (const name of starttlsNames()) {
  Deno.test(`--starttls ${name} starts TLS`, async () => {
    const script = SCRIPTS[name] ?? [];
    await using server = plainServer(async (socket) => {
      await play(socket, script);
      await echoOn(socket);
    });
    const { code, out, err } = await run(
      ["connect", server.at, "--starttls", name, "--ca-file", "ca.pem"],
      { files, stdin: name },
    );
    assertEquals([code, out], [0, name], err);
  });
}

const REFUSALS: Readonly<Record<string, Script>> = {
  smtp: ["220 ready\r\n", /EHLO/, "250 SIZE 1\r\n"],
  lmtp: ["554 no\r\n"],
  imap: ["* OK ready\r\n", /STARTTLS/, "a BAD unknown\r\n"],
  pop3: ["+OK ready\r\n", /STLS/, "-ERR unknown\r\n"],
  ftp: ["220 ready\r\n", /AUTH/, "500 unknown\r\n"],
  sieve: ['"SASL" ""\r\nOK\r\n'],
  xmpp: [/stream/, "<stream:stream><stream:features></stream:features>"],
  "xmpp-server": [
    /stream/,
    "<stream:features><starttls/></stream:features>",
    /starttls/,
    "<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>",
  ],
  ldap: [/1466/, bytes(0x30, 12, 2, 1, 1, 0x78, 7, 0x0a, 1, 2, 4, 0, 4, 0)],
  postgres: [/./, "N"],
  mysql: [bytes(3, 0, 0, 0, 0xff, 1, 2)],
  nats: ['INFO {"server_id":"a"}\r\n'],
};

Deno.test("--starttls says which protocol refused, and what it said", async () => {
  for (const [name, script] of Object.entries(REFUSALS)) {
    await using server = plainServer(async (socket) => {
      await play(socket, script);
      await socket.read(new Uint8Array(64));
    });
    const { code, err } = await run(
      ["connect", server.at, "--starttls", name],
    );
    assertEquals(code, 3, name);
    assertStringIncludes(err.replaceAll("\n", " "), "server answered", name);
  }
});

Deno.test("--starttls refuses plain text behind the consent", async () => {
  await using server = plainServer(async (socket) => {
    await play(socket, [
      "+OK ready\r\n",
      /STLS/,
      "+OK begin\r\n+OK injected\r\n",
    ]);
    await echoOn(socket);
  });
  const { code, err } = await run(["connect", server.at, "--starttls", "pop3"]);
  assertEquals(code, 3);
  assertStringIncludes(err, "somebody in the middle");
});

Deno.test("--starttls bounds a greeting that never ends, and a silent one", async () => {
  await using endless = plainServer(async (socket) => {
    const text = new TextEncoder().encode("x".repeat(4096));
    while (true) await socket.write(text);
  });
  const long = await run(["connect", endless.at, "--starttls", "imap"]);
  assertEquals(long.code, 3);
  assertStringIncludes(long.err, "more than 65536 bytes");

  await using gone = plainServer((socket) => {
    socket.close();
    return Promise.resolve();
  });
  const closed = await run(["connect", gone.at, "--starttls", "ftp"]);
  assertEquals(closed.code, 3);
  assertStringIncludes(closed.err, "closed the connection");

  await using silent = plainServer(async (socket) => {
    await socket.read(new Uint8Array(1));
  });
  const args = ["connect", silent.at, "--starttls", "smtp", "--timeout", "0.2"];
  const late = await run(args);
  assertEquals(late.code, 3);
  assertStringIncludes(late.err, "no answer within 0.2 s");
});

/** Plays the server's part of a conversation. */
async function play(socket: Deno.TcpConn, script: Script): Promise<void> {
  for (const step of script) {
    if (step instanceof RegExp) await hear(socket, step);
    else if (typeof step === "string") await say(socket, encode(step));
    else await say(socket, step);
  }
}

async function hear(socket: Deno.TcpConn, pattern: RegExp): Promise<void> {
  let text = "";
  // Byte by byte: what follows may be TLS already.
  const byte = new Uint8Array(1);
  while (!pattern.test(text)) {
    if (await socket.read(byte) === null) {
      throw new Error("The client has gone");
    }
    text += String.fromCharCode(...byte);
  }
}

/** In pieces, as a network may cut it. */
async function say(socket: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  const half = bytes.length >> 1;
  if (half > 0) await socket.write(bytes.subarray(0, half));
  await socket.write(bytes.subarray(half));
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
