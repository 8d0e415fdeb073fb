/**
 * Network Time Security (RFC 8915) with chrony: the key establishment goes over
 * our connection, and the keys that it exports protect a request for the time.
 *
 * @module
 */

import { aessiv } from "@noble/ciphers/aes.js";
import { assert, assertEquals } from "@std/assert";
import { concat } from "@std/bytes";
import { createSocket } from "node:dgram";
import { connect, type TlsConn } from "../../mod.ts";
import { TrustStore } from "../../x509/mod.ts";
import { missingOf, startProgram } from "../node/_programs.ts";
import { trust } from "./_peers/material.ts";

const reason = missingOf("chronyd") ??
  (Deno.uid() === 0 ? undefined : "no root, whom chronyd wants");

Deno.test({
  name: "NTS-KE: chrony agrees on the exported keys" +
    (reason === undefined ? "" : ` (ignored: ${reason})`),
  ignore: reason !== undefined,
  // Node's socket closes in its own time.
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    await using server = await startChrony();
    const conn = await connect({
      hostname: "127.0.0.1",
      port: server.port,
      serverName: "peer.test",
      trust: TrustStore.of((await trust()).pem),
      // RFC 8915 section 4: TLS 1.3 or later, and this protocol.
      minVersion: "TLSv1.3",
      alpnProtocols: ["ntske/1"],
    });
    assertEquals(conn.info.alpnProtocol, "ntske/1");
    const { cookies, clientToServer, serverToClient } = await establish(conn);
    assertEquals(cookies.length, 8);
    await conn.close();
    // With the keys of somebody else there is no answer to verify.
    const [cookie, other] = cookies as [Uint8Array, Uint8Array];
    const keys = { clientToServer, serverToClient };
    const time = await askTime(server.otherPort, cookie, keys);
    assert(Math.abs(time - Date.now()) < 86_400_000);
    const swapped = { ...keys, clientToServer: serverToClient };
    assertEquals(await askTime(server.otherPort, other, swapped), NaN);
  },
});

/** RFC 8915 section 4: what is agreed on, and the keys of section 5.1. */
async function establish(conn: TlsConn) {
  await conn.write(concat([
    record(0x8001, uint16(NTPV4)), // NTS Next Protocol Negotiation
    record(0x8004, uint16(AEAD_AES_SIV_CMAC_256)), // AEAD Algorithm Negotiation
    record(0x8000), // End of Message
  ]));
  const cookies: Uint8Array[] = [];
  const agreed = new Map<number, Uint8Array>();
  for (;;) {
    const head = await readExactly(conn, 4);
    const type = head.getUint16(0) & 0x7fff;
    const body = bytesOf(await readExactly(conn, head.getUint16(2)));
    if (type === 0) break;
    if (type === 5) cookies.push(body);
    else agreed.set(type, body);
  }
  assertEquals(agreed.get(1), uint16(NTPV4));
  assertEquals(agreed.get(4), uint16(AEAD_AES_SIV_CMAC_256));
  const key = (direction: number) =>
    conn.exportKeyingMaterial(
      "EXPORTER-network-time-security",
      concat([
        uint16(NTPV4),
        uint16(AEAD_AES_SIV_CMAC_256),
        Uint8Array.of(direction),
      ]),
      32,
    );
  return { cookies, clientToServer: key(0), serverToClient: key(1) };
}

interface Keys {
  readonly clientToServer: Uint8Array;
  readonly serverToClient: Uint8Array;
}

/** RFC 8915 section 5.7: the server's time, or NaN where it knows no key. */
async function askTime(
  port: number,
  cookie: Uint8Array,
  { clientToServer, serverToClient }: Keys,
): Promise<number> {
  const head = new Uint8Array(48);
  head[0] = 0x23; // version 4, client
  const associated = concat([
    head,
    field(0x0104, crypto.getRandomValues(new Uint8Array(32))),
    field(0x0204, cookie),
  ]);
  const nonce = crypto.getRandomValues(new Uint8Array(16));
  const sealed = aessiv(clientToServer, associated, nonce)
    .encrypt(new Uint8Array());
  const reply = await exchange(
    port,
    concat([associated, authenticator(nonce, sealed)]),
  );
  const view = new DataView(reply.buffer, reply.byteOffset, reply.length);
  // A kiss code: stratum 0, and "NTSN".
  if (view.getUint8(1) === 0) return NaN;
  let at = 48;
  while (view.getUint16(at) !== 0x0404) at += view.getUint16(at + 2);
  const nonceLength = view.getUint16(at + 4);
  const length = view.getUint16(at + 6);
  const itsNonce = reply.subarray(at + 8, at + 8 + nonceLength);
  const text = reply.subarray(at + 8 + nonceLength).subarray(0, length);
  aessiv(serverToClient, reply.subarray(0, at), itsNonce).decrypt(text);
  // Seconds since 1900 (RFC 5905 section 6).
  return (view.getUint32(40) - 2_208_988_800) * 1000;
}

async function exchange(port: number, packet: Uint8Array): Promise<Uint8Array> {
  const socket = createSocket("udp4");
  try {
    return await new Promise((resolve, reject) => {
      socket.once("message", resolve).once("error", reject);
      socket.send(packet, port, "127.0.0.1");
    });
  } finally {
    socket.close();
  }
}

/** RFC 8915 section 5.6, NTS Authenticator and Encrypted Extension Fields. */
function authenticator(nonce: Uint8Array, sealed: Uint8Array): Uint8Array {
  return field(
    0x0404,
    concat([uint16(nonce.length), uint16(sealed.length), nonce, sealed]),
  );
}

/** An extension field of NTP (RFC 7822). */
function field(type: number, body: Uint8Array): Uint8Array {
  return concat([uint16(type), uint16(4 + body.length), body]);
}

/** A record of NTS-KE (RFC 8915 section 4). */
function record(
  type: number,
  body: Uint8Array = new Uint8Array(),
): Uint8Array {
  return concat([uint16(type), uint16(body.length), body]);
}

function uint16(value: number): Uint8Array {
  return Uint8Array.of(value >> 8, value & 0xff);
}

async function readExactly(conn: TlsConn, length: number): Promise<DataView> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length;) {
    const read = await conn.read(bytes.subarray(at));
    assert(read !== null, "The server has gone");
    at += read;
  }
  return new DataView(bytes.buffer);
}

function bytesOf({ buffer }: DataView): Uint8Array {
  return new Uint8Array(buffer as ArrayBuffer);
}

function startChrony(): ReturnType<typeof startProgram> {
  return startProgram({
    prepare: async ({ folder, port, otherPort }) => {
      await Deno.writeTextFile(
        `${folder}/chrony.conf`,
        [
          `ntsport ${port}`,
          `port ${otherPort}`,
          "cmdport 0",
          "bindcmdaddress /",
          "bindaddress 127.0.0.1",
          "allow 127.0.0.1",
          "local stratum 10",
          `ntsservercert ${folder}/cert.pem`,
          `ntsserverkey ${folder}/key.pem`,
          `pidfile ${folder}/chronyd.pid`,
        ].join("\n"),
      );
    },
    // Without control of the clock.
    command: ({ folder }) => [
      ...["chronyd", "-d", "-x", "-u", "root", "-f", `${folder}/chrony.conf`],
    ],
  });
}

/** Protocol ID and Numeric Identifier of the registries of NTS. */
const NTPV4 = 0;
const AEAD_AES_SIV_CMAC_256 = 15;
