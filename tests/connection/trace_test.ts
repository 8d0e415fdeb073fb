/**
 * The option `trace` at both depths, from the start and on a live connection.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { client } from "../../connection/wrap.ts";
import { toHex } from "../../encoding.ts";
import { TlsAlertError } from "../../errors.ts";
import type { Session } from "../../handshake/session/session.ts";
import { connected } from "../_pair.ts";

const BYTE = Uint8Array.of(1);

const root = new URL("../../", import.meta.url);

interface Config {
  readonly imports: Record<string, string>;
  readonly links: readonly string[];
}

const LOADED_LATE = [
  "connection/engine/trace_lines.ts",
  "handshake/fields/event_fields.ts",
];

Deno.test("trace shows the fields of messages and alerts, in their order", async () => {
  const lines: string[] = [];
  const ends = await connected({
    alpnProtocols: ["h2"],
    traceDepth: "fields",
    trace: (line) => lines.push(line),
  }, { alpnProtocols: ["h2"] });
  await ends[Symbol.asyncDispose]();
  const at = (line: string) => {
    const found = lines.indexOf(line);
    assert(found >= 0, `${line} is not in\n${lines.join("\n")}`);
    return found;
  };
  const hello = lines.findIndex((line) =>
    line.startsWith("client -> client_hello, ")
  );
  assertEquals(
    lines[hello + 1],
    "client ->   ClientHello (RFC 9846 section 4.2.2)",
  );
  const order = [
    hello,
    at("client ->     legacy_version: TLSv1.2"),
    at('client ->       application_layer_protocol_negotiation: "h2"'),
    at("client <-   ServerHello (RFC 9846 section 4.2.3)"),
    at("client <-       supported_versions: TLSv1.3"),
    at("client <-   Certificate (RFC 9846 section 4.5.1)"),
    at("client <-       CertificateEntry: CN=localhost, issued by CN=Test CA"),
    at(
      "client ->   description: close_notify (0): The sender will send no more data.",
    ),
  ];
  assertEquals(order, order.toSorted((a, b) => a - b));
});

Deno.test("a trace that is loaded late is there before the handshake begins", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const room = new URL(`file://${await Deno.realPath(folder)}/`);
    const { imports, links }: Config = JSON.parse(
      await Deno.readTextFile(new URL("deno.json", root)),
    );
    const own: Record<string, string> = {};
    for (const path of LOADED_LATE) {
      const { href } = new URL(path, root);
      const slow = new URL(path.replaceAll("/", "_"), room);
      await Deno.writeTextFile(slow, slowModule(href));
      imports[href] = slow.href;
      own[href] = href;
    }
    const config = {
      imports,
      scopes: { [room.href]: own },
      links: links.map((path) => new URL(path, root).href),
    };
    await Deno.writeTextFile(`${folder}/deno.json`, JSON.stringify(config));
    await Deno.writeTextFile(`${folder}/program.ts`, PROGRAM);
    for (const depth of ["messages", "fields"]) {
      const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: [
          ...["run", "-A", "--no-check", "--no-lock"],
          ...["--config", `${folder}/deno.json`],
          ...[`${folder}/program.ts`, depth],
        ],
      }).output();
      const told = new TextDecoder().decode(stdout);
      const why = new TextDecoder().decode(stderr);
      assertStringIncludes(told, "client -- handshake_start", why);
      assertStringIncludes(told, "client <- finished, ", why);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** Comes after all that a handshake needs. */
const slowModule = (url: string) =>
  `await new Promise((done) => setTimeout(done, 300));
export * from "${url}";`;

/** A handshake, behind which the process ends. */
const PROGRAM = `
import { connected } from "${new URL("tests/_pair.ts", root)}";
const lines = [];
const [traceDepth] = Deno.args;
await connected({ trace: (line) => lines.push(line), traceDepth });
console.log(lines.join("\\n"));
Deno.exit();
`;

for (const maxVersion of ["TLSv1.3", "TLSv1.2"] as const) {
  Deno.test(`trace shows no secret of ${maxVersion}, nor a ticket`, async () => {
    const lines: string[] = [];
    const secrets: string[] = [];
    const options = {
      maxVersion,
      traceDepth: "fields",
      trace: (line: string) => lines.push(line),
      keyLog: (line: string) => secrets.push(line.split(" ")[2] ?? ""),
    } as const;
    let session: Session | undefined;
    const server = { ticketKeys: [new Uint8Array(48).fill(7)] };
    for (let round = 0; round < 2; round++) {
      await using ends = await connected({
        ...options,
        session,
        onSession: (each) => session = each,
      }, { ...server, traceDepth: "fields", trace: options.trace });
      await ends.server.write(BYTE);
      await ends.client.read(new Uint8Array(1));
      if (round === 1) assert(ends.client.info.resumed);
    }
    const text = lines.join("\n");
    assertStringIncludes(text, "ticket: ");
    assert(secrets.length >= 2);
    const ticket = session?.export() ?? BYTE;
    assert(ticket.length > 100);
    for (const secret of secrets) assert(!text.includes(secret), secret);
    // Names and certificates are in a session too, and stand in the trace.
    for (const hex of text.match(/[0-9a-f]{64,}/g) ?? []) {
      assert(!toHex(ticket).includes(hex), hex);
    }
  });
}

// Who a client is, is nobody's business: in both versions alike.
Deno.test("trace shows no identity of a pre-shared key", async () => {
  const identity = "device-of-alice";
  const key = new Uint8Array(32).fill(3);
  for (const maxVersion of ["TLSv1.3", "TLSv1.2"] as const) {
    const lines: string[] = [];
    const trace = (line: string) => lines.push(line);
    const options = {
      maxVersion,
      trace,
      traceDepth: "fields",
      ...maxVersion === "TLSv1.2" && {
        cipherSuites: "TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256",
      },
    } as const;
    await using ends = await connected({ ...options, psk: { identity, key } }, {
      ...options,
      psk: () => ({ key }),
    });
    assertEquals(ends.server.info.authorization.status, "psk", maxVersion);
    const text = lines.join("\n");
    assert(/psk_?identity/i.test(text), text);
    assert(!text.includes(identity), text);
    assert(!text.includes(toHex(new TextEncoder().encode(identity))), text);
  }
});

Deno.test("setTrace() shows the fields of a live connection, and stops", async () => {
  const lines: string[] = [];
  const trace = (line: string) => lines.push(line);
  await using ends = await connected({ onSession: () => {} });
  const { client, server } = ends;
  client.setTrace(trace, { depth: "fields" });
  await server.write(BYTE);
  await client.read(new Uint8Array(1));
  assertStringIncludes(
    lines.join("\n"),
    "client <-   NewSessionTicket (RFC 9846 section 4.7.1)\nclient <-     ticket_lifetime: ",
  );
  client.setTrace(undefined);
  const count = lines.length;
  await server.write(BYTE);
  await client.read(new Uint8Array(1));
  assertEquals(lines.length, count);
  client.setTrace(trace);
  await client.updateKeys();
  await client.write(BYTE);
  assertEquals(
    lines.slice(count).filter((line) => /^client -> key/.test(line)),
    [
      "client -> key_update, 5 bytes",
    ],
  );
  assertEquals(lines.slice(count).some((line) => line.includes("  ")), false);
});

Deno.test("a line of a trace has an end, and shows no control characters", async () => {
  const lines: string[] = [];
  const hostile = Array.from(
    { length: 200 },
    (_, at) => `\x1b[2J\u202e${String(at).padStart(200, "\n")}`,
  );
  const ends = await connected(
    { alpnProtocols: ["h2", ...hostile] },
    {
      alpnProtocols: ["h2"],
      traceDepth: "fields",
      trace: (line) => lines.push(line),
    },
  );
  await ends[Symbol.asyncDispose]();
  const found = lines.find((line) => line.includes("protocol_negotiation"));
  assertStringIncludes(found ?? "", String.raw`"\x1b[2J\u{202e}\x0a`);
  for (const line of lines) {
    assert(line.length < 2200, `${line.length} characters`);
    assert(!/[^ -~…]/.test(line), line);
  }
});

Deno.test("a trace shows an alert that has no name by its number", async () => {
  const lines: string[] = [];
  const { writable } = new TransformStream<Uint8Array>();
  const readable = ReadableStream.from([Uint8Array.of(21, 3, 3, 0, 2, 2, 77)]);
  const conn = client({ readable, writable }, {
    serverName: "a.test",
    traceDepth: "fields",
    trace: (line) => lines.push(line),
  });
  await assertRejects(() => conn.handshake(), TlsAlertError, "0x4d");
  assert(
    lines.includes(
      "client <-   description: 0x4d: An alert that this module does not know.",
    ),
    lines.join("\n"),
  );
});

Deno.test("setTrace() refuses a depth that there is not", async () => {
  await using ends = await connected();
  const wrong: object = { depth: "bytes" };
  assertThrows(
    () => ends.client.setTrace(() => {}, wrong),
    TypeError,
    `expected "messages", "fields"`,
  );
  const unknown: object = { deep: true };
  assertThrows(() => ends.client.setTrace(() => {}, unknown), TypeError);
});
