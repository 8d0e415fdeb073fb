/**
 * A record as HTML: what was on the wire, what opened it, what it says.
 *
 * @module
 */

import { byteCount } from "../../handshake/fields/values.ts";
import { RECORD_HEADER_LENGTH } from "../../record/plaintext.ts";
import { ContentType, nameOf } from "../../registry.ts";
import type { Sender } from "./capture.ts";
import { fieldsHtml } from "./fields_html.ts";
import { copyHtml, hexHtml, listHtml, sectionHtml, text } from "./html.ts";
import type { ReplayedMessage, ReplayedRecord } from "./replay.ts";
import { protectedParts } from "./protected_parts.ts";
import { secretName } from "./secrets_html.ts";

/** A record; `id` is where links lead. */
export function recordHtml(
  record: ReplayedRecord,
  index: number,
  id: string,
): string {
  const { sender, header, bytes, content } = record;
  const arrow = sender === "client" ? "Client → server" : "Server → client";
  return `<article class="record ${sender}" id="${id}">
<header><span class="who">${arrow}</span><h4>Record ${index + 1}: ${
    text(contentName(record))
  }</h4><span class="size">${byteCount(bytes.length)}</span>${
    record.keys === undefined ? "" : `<span class="lock">encrypted</span>`
  }</header>
${fieldsHtml(header)}
${protectionHtml(record)}
${
    content === undefined
      ? `<p class="note">No secret opens this record.</p>${
        record.keys === undefined ? hexHtml(bodyOf(record)) : ""
      }`
      : contentHtml(record, id)
  }
</article>`;
}

/** What a record has: its messages by name. */
export function contentName(
  { messages, content, fields }: ReplayedRecord,
): string {
  if (content === undefined) return "not opened";
  if (messages.length > 0) return messages.map(({ name }) => name).join(", ");
  const name = nameOf(ContentType, content.type);
  return name === "alert" ? `alert ${fields.at(-1)?.value ?? ""}` : name;
}

/** The wire and the keys, beside what came of them. */
function protectionHtml(record: ReplayedRecord): string {
  const { keys, content } = record;
  if (keys === undefined) return "";
  return `<details class="protection"><summary>Keys, and the bytes before and after decryption</summary>
${
    listHtml([
      ["secret", text(secretName(keys.label))],
      ...keys.macKey.length === 0
        ? []
        : [["MAC key", copyHtml(keys.macKey)] as const],
      ["key", copyHtml(keys.key)],
      ...keys.iv.length === 0 ? [] : [["IV", copyHtml(keys.iv)] as const],
      ["sequence number", String(record.sequenceNumber)],
    ])
  }
<div class="beside"><section><h5>On the wire</h5>${
    fieldsHtml(protectedParts(record))
  }</section><section><h5>Decrypted</h5>${
    content === undefined
      ? `<p>Nothing</p>`
      : `${copyHtml(content.bytes)}${innerType(record)}`
  }</section></div></details>`;
}

/** RFC 9846 section 5.2: the true type is behind the content. */
function innerType({ keys, content }: ReplayedRecord): string {
  if (!keys?.protection.hidesType || content === undefined) return "";
  const type = nameOf(ContentType, content.type);
  return `<p>Behind it, one byte says that this is <b>${text(type)}</b> ${
    sectionHtml("RFC 9846 section 5.2")
  }; zeros could follow as padding.</p>`;
}

function contentHtml(record: ReplayedRecord, id: string): string {
  const { content, messages, fields, isPartial } = record;
  if (content === undefined) return "";
  const parts = messages.map((message, at) =>
    messageHtml(message, `${id}m${at + 1}`)
  );
  if (isPartial) {
    parts.push(
      `<p class="note">A message goes on in the next record of this side.</p>`,
    );
  }
  if (fields.length > 0) parts.push(fieldsHtml(fields));
  if (content.type === ContentType.application_data) {
    parts.push(dataHtml(content.bytes));
  }
  return parts.join("\n");
}

/** A message; what it hides comes behind it. */
function messageHtml(message: ReplayedMessage, id: string): string {
  const { name, section, meaning, fields, inner } = message;
  const hidden = inner === undefined ? "" : `<section class="message inner">
<h5>ClientHelloInner ${sectionHtml("RFC 9849 section 5.1")}</h5>
<p>What encrypted_client_hello above hides, with the extensions that both share put in. The handshake goes on as if this had been sent.</p>
${
    fieldsHtml(inner.fields).replaceAll('class="hex"', 'class="copy"')
  }</section>`;
  return `<section class="message" id="${id}">
<h5>${text(name)} ${sectionHtml(section)}</h5><p>${text(meaning)}</p>
${fieldsHtml(fields)}${hidden}</section>`;
}

function dataHtml(bytes: Uint8Array): string {
  const shown = new TextDecoder().decode(bytes.subarray(0, MAX_DATA));
  const lines = shown.split("\n").map((line) => text(line.replace(/\r$/, "")));
  const more = bytes.length > MAX_DATA ? "\n…" : "";
  return `<p>Data of the application above TLS, ${
    byteCount(bytes.length)
  }:</p><pre>${lines.join("\n")}${more}</pre>`;
}

function bodyOf({ bytes }: ReplayedRecord): Uint8Array {
  return bytes.subarray(RECORD_HEADER_LENGTH);
}

/** Who is on which side. */
export const SENDERS: Readonly<Record<Sender, string>> = {
  client: "Client",
  server: "Server",
};

/** In bytes. */
const MAX_DATA = 2048;
