/**
 * STARTTLS of databases, directories and message buses.
 *
 * @module
 */

import { Failure } from "../base/exit.ts";
import { refused, type Wire } from "./wire.ts";

/** PostgreSQL: SSLRequest, which is answered by one byte. */
export async function postgres(wire: Wire): Promise<void> {
  await wire.send(Uint8Array.of(0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f));
  const [answer = 0] = await wire.take(1);
  if (answer === "S".charCodeAt(0)) return;
  throw refused(
    "PostgreSQL",
    answer === "N".charCodeAt(0) ? "N (no TLS)" : `byte ${answer}`,
  );
}

/** MySQL and MariaDB: the first packet of the server, then SSLRequest. */
export async function mysql(wire: Wire): Promise<void> {
  const [low = 0, middle = 0, high = 0] = await wire.take(4);
  const greeting = await wire.take(low | middle << 8 | high << 16);
  if (greeting[0] !== 10) {
    throw refused("MySQL", `no handshake of version 10`);
  }
  // protocol version, server version with a zero, thread, 8 bytes, a zero.
  const at = greeting.indexOf(0, 1) + 1 + 4 + 8 + 1;
  const capabilities = (greeting[at] ?? 0) | (greeting[at + 1] ?? 0) << 8;
  if ((capabilities & CLIENT_SSL) === 0) throw refused("MySQL", "no TLS");
  const flags = CLIENT_SSL | CLIENT_PROTOCOL_41 | CLIENT_SECURE_CONNECTION;
  const request = new DataView(new ArrayBuffer(36));
  // Length 32, sequence number 1.
  request.setUint32(0, 32 | 1 << 24, true);
  request.setUint32(4, flags, true);
  request.setUint32(8, 0x1000000, true);
  request.setUint8(12, UTF8);
  await wire.send(new Uint8Array(request.buffer));
}

/** LDAP (RFC 4511 section 4.14): the extended operation StartTLS. */
export async function ldap(wire: Wire): Promise<void> {
  const oid = new TextEncoder().encode("1.3.6.1.4.1.1466.20037");
  const name = [0x80, oid.length, ...oid];
  const operation = [0x77, name.length, ...name];
  const message = [0x02, 1, 1, ...operation];
  await wire.send(Uint8Array.of(0x30, message.length, ...message));
  const response = await ber(wire, 0x30);
  // messageID, then ExtendedResponse [APPLICATION 24], then resultCode.
  const [tag, , , ...rest] = response;
  const length = rest[1] ?? 0;
  const skipped = length > 0x80 ? length & 0x7f : 0;
  const [enumerated, , code] = rest.slice(2 + skipped);
  if (tag !== 0x02 || rest[0] !== 0x78 || enumerated !== 0x0a) {
    throw refused("LDAP", "no ExtendedResponse");
  }
  if (code !== 0) throw refused("LDAP", `result code ${code}`);
}

/** NATS: the server's first line says whether it has TLS; no command follows. */
export async function nats(wire: Wire): Promise<void> {
  const line = await wire.line();
  if (!line.startsWith("INFO ")) throw refused("NATS", line);
  if (!/"tls_(required|available)"\s*:\s*true/.test(line)) {
    throw refused("NATS", "INFO without tls_required and tls_available");
  }
}

/** A value of BER with that tag, without its header (X.690 section 8.1). */
async function ber(wire: Wire, tag: number): Promise<Uint8Array> {
  const [first, short = 0] = await wire.take(2);
  if (first !== tag) throw refused("LDAP", `byte ${first}`);
  if (short < 0x80) return await wire.take(short);
  const digits = await wire.take(short & 0x7f);
  const length = digits.reduce((sum, digit) => sum * 256 + digit, 0);
  if (short > 0x84 || length > MAX_MESSAGE) {
    throw new Failure(
      "network",
      `Cannot start TLS: the LDAP server sent a message of more than ${MAX_MESSAGE} bytes`,
      { code: "starttls_failed" },
    );
  }
  return await wire.take(length);
}

const CLIENT_PROTOCOL_41 = 0x0200;
const CLIENT_SSL = 0x0800;
const CLIENT_SECURE_CONNECTION = 0x8000;

/** utf8mb4_general_ci. */
const UTF8 = 45;

const MAX_MESSAGE = 16_384;
