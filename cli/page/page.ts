/**
 * A page of connections: one file of HTML, without scripts, and nothing that is
 * loaded from elsewhere.
 *
 * @module
 */

import type { Field } from "../../handshake/fields/decoder.ts";
import { byteCount } from "../../handshake/fields/values.ts";
import { nameOf, ProtocolVersion } from "../../registry.ts";
import type { Capture } from "./capture.ts";
import { listHtml, text } from "./html.ts";
import { contentName, recordHtml, SENDERS } from "./record_html.ts";
import { replay, type Replayed, type ReplayedRecord } from "./replay.ts";
import { secretsHtml } from "./secrets_html.ts";
import { STYLE } from "./style.ts";

/**
 * Makes the page.
 *
 * @param title What the page is about.
 * @param captures The connections, in their order.
 */
export async function handshakePage(
  title: string,
  captures: readonly Capture[],
): Promise<string> {
  const sections: string[] = [];
  for (const [at, capture] of captures.entries()) {
    const replayed = await replay(capture);
    sections.push(connectionHtml(capture, replayed, `c${at + 1}`));
  }
  const links = captures.map(({ title }, at) =>
    `<a href="#c${at + 1}">${text(title)}</a>`
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${text(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<header class="top">
<h1>${text(title)}</h1>
<p>Real connections, each byte with its name, its value, where it is specified and what it is for. <span class="dot client"></span> is what the client sent, <span class="dot server"></span> what the server sent.</p>
${
    captures.length > 1
      ? `<nav aria-label="Connections">${links.join("")}</nav>`
      : ""
  }
</header>
<main>
${sections.join("\n")}
</main>
</body>
</html>
`;
}

function connectionHtml(
  capture: Capture,
  { records, secrets, version, isCut }: Replayed,
  id: string,
): string {
  const articles = records.map((record, at) =>
    recordHtml(record, at, `${id}r${at + 1}`)
  );
  return `<section class="connection" id="${id}">
<h2>${text(capture.title)}</h2>
<p class="story">${text(capture.story)}</p>
${listHtml(facts(records, version))}
<h3>Who says what</h3>
<p class="hint">Filled: encrypted. Each line leads to its record.</p>
<ol class="flow">${
    records.map((record, at) => stepHtml(record, `${id}r${at + 1}`)).join("")
  }</ol>
${secretsHtml(secrets)}
<h3>Byte by byte</h3>
${articles.join("\n")}
${isCut ? `<p class="note">More followed, which this page leaves out.</p>` : ""}
</section>`;
}

/** A line of the sequence of records. */
function stepHtml(record: ReplayedRecord, id: string): string {
  const { sender, keys } = record;
  const kind = keys === undefined ? "open" : "sealed";
  return `<li class="${sender} ${kind}"><a href="#${id}"><span class="side">${
    SENDERS[sender]
  }</span><span class="what">${text(contentName(record))}</span></a></li>`;
}

/** What was negotiated, as the messages say. */
function facts(
  records: readonly ReplayedRecord[],
  version: number | undefined,
): (readonly [string, string])[] {
  const messages = records.flatMap(({ messages }) => messages);
  const all = (name: string) =>
    messages.filter((message) => message.name === name)
      .flatMap(({ fields }) => fields);
  const server = [...all("ServerHello"), ...all("ServerKeyExchange")];
  const answers = [...all("EncryptedExtensions"), ...server];
  const isResumed = find(server, "pre_shared_key") !== undefined ||
    version !== ProtocolVersion["TLSv1.3"] && version !== undefined &&
      all("Certificate").length === 0;
  const sum = (sender: string) =>
    records.filter((record) => record.sender === sender)
      .reduce((total, { bytes }) => total + bytes.length, 0);
  const rows: (readonly [string, string | undefined])[] = [
    ["version", version && nameOf(ProtocolVersion, version)],
    ["cipher suite", find(server, "cipher_suite")],
    ["group", find(server, "group") ?? find(server, "namedcurve")],
    [
      "server's signature",
      find(
        [...all("CertificateVerify"), ...all("ServerKeyExchange")],
        "algorithm",
      ),
    ],
    ["server name", find(all("ClientHello"), "host_name")],
    ["protocol", find(answers, "protocol_name_list")],
    ["session", isResumed ? "resumed" : undefined],
    ["client sent", byteCount(sum("client"))],
    ["server sent", byteCount(sum("server"))],
  ].map((
    [name, value],
  ) => [String(name), value === undefined ? undefined : String(value)]);
  return rows.flatMap(([name, value]) =>
    value === undefined ? [] : [[name, text(value)] as const]
  );
}

/** The value of the first field of a name. */
function find(fields: readonly Field[], name: string): string | undefined {
  for (const field of fields) {
    if (field.name === name) return field.value;
    const found = find(field.children, name);
    if (found !== undefined) return found;
  }
  return undefined;
}
