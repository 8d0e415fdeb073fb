/**
 * STARTTLS of protocols with lines: mail, files, sieve.
 *
 * @module
 */

import { refused, type Wire } from "./wire.ts";

/** SMTP (RFC 3207). */
export async function smtp(wire: Wire): Promise<void> {
  await replied(wire, "SMTP", "220");
  await wire.say("EHLO localhost");
  requireOffer("SMTP", await replied(wire, "SMTP", "250"));
  await wire.say("STARTTLS");
  await replied(wire, "SMTP", "220");
}

/** LMTP (RFC 2033), whose greeting is LHLO. */
export async function lmtp(wire: Wire): Promise<void> {
  await replied(wire, "LMTP", "220");
  await wire.say("LHLO localhost");
  requireOffer("LMTP", await replied(wire, "LMTP", "250"));
  await wire.say("STARTTLS");
  await replied(wire, "LMTP", "220");
}

/** IMAP (RFC 9051 section 6.2.1). */
export async function imap(wire: Wire): Promise<void> {
  const greeting = await wire.line();
  if (!/^\* OK\b/i.test(greeting)) throw refused("IMAP", greeting);
  await wire.say("a STARTTLS");
  let answer = await wire.line();
  while (answer.startsWith("* ")) answer = await wire.line();
  if (!/^a OK\b/i.test(answer)) throw refused("IMAP", answer);
}

/** POP3 (RFC 2595 section 4). */
export async function pop3(wire: Wire): Promise<void> {
  for (const command of [undefined, "STLS"]) {
    if (command !== undefined) await wire.say(command);
    const answer = await wire.line();
    if (!/^\+OK\b/i.test(answer)) throw refused("POP3", answer);
  }
}

/** FTP (RFC 4217 section 4). */
export async function ftp(wire: Wire): Promise<void> {
  await replied(wire, "FTP", "220");
  await wire.say("AUTH TLS");
  await replied(wire, "FTP", "234");
}

/** ManageSieve (RFC 5804 section 2.2). */
export async function sieve(wire: Wire): Promise<void> {
  const capabilities = await untilDone(wire);
  if (!/^"STARTTLS"/im.test(capabilities)) {
    throw refused("ManageSieve", 'no capability "STARTTLS"');
  }
  await wire.say("STARTTLS");
  await untilDone(wire);
}

/**
 * Reads a reply of SMTP or FTP, over several lines where it has them (RFC 5321
 * section 4.2.1; RFC 959 section 4.2).
 */
async function replied(
  wire: Wire,
  protocol: string,
  code: string,
): Promise<string[]> {
  const lines: string[] = [];
  while (true) {
    const line = await wire.line();
    lines.push(line);
    // FTP's lines between the first and the last need no code.
    const isLast = /^\d{3}(?: |$)/.test(line);
    if (!isLast) continue;
    if (!line.startsWith(code)) throw refused(protocol, line);
    return lines;
  }
}

function requireOffer(protocol: string, lines: readonly string[]): void {
  if (!lines.some((line) => /^250[- ]STARTTLS\b/i.test(line))) {
    throw refused(protocol, "no extension STARTTLS");
  }
}

async function untilDone(wire: Wire): Promise<string> {
  let text = "";
  while (true) {
    const line = await wire.line();
    if (/^OK\b/i.test(line)) return text;
    if (/^(NO|BYE)\b/i.test(line)) throw refused("ManageSieve", line);
    text += `${line}\n`;
  }
}
