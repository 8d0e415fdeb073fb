/**
 * The secrets of a connection as HTML.
 *
 * @module
 */

import { copyHtml, text } from "./html.ts";
import type { Secret } from "./secrets.ts";

/** The secrets, with what each is for. */
export function secretsHtml(secrets: readonly Secret[]): string {
  if (secrets.length === 0) return "";
  const rows = secrets.map(({ label, secret }) =>
    `<li class="leaf">${copyHtml(secret)}<div><b>${
      text(secretName(label))
    }</b> <span class="value">${text(label)} in the key log</span><p>${
      text(PURPOSES[label] ?? "A secret of this connection.")
    }</p></div></li>`
  );
  return `<details class="secrets"><summary>The secrets of this connection</summary>
<p>Both sides compute them; they are never sent. With them, the bytes can be read by anyone who has them.</p>
<ul class="fields">${rows.join("")}</ul></details>`;
}

/** What the RFCs call a secret of the key log. */
export function secretName(label: string): string {
  const [, sender, number] = /^(CLIENT|SERVER)_TRAFFIC_SECRET_(\d+)$/.exec(
    label,
  ) ?? [];
  if (sender !== undefined) {
    return `${sender.toLowerCase()}_application_traffic_secret_${number}`;
  }
  return NAMES[label] ?? label.toLowerCase();
}

const NAMES: Readonly<Record<string, string>> = {
  CLIENT_RANDOM: "main secret",
  ECH_SECRET: "shared secret of HPKE",
  ECH_CONFIG: "ECHConfig",
};

const PURPOSES: Readonly<Record<string, string>> = {
  CLIENT_RANDOM:
    "All keys of this connection come of it and of both randoms (RFC 5246 section 6.3).",
  CLIENT_EARLY_TRAFFIC_SECRET:
    "Keys of the client's early data: of the session that is resumed (RFC 9846 section 7.1).",
  EARLY_EXPORTER_SECRET:
    "For applications that need a key of their own early (RFC 9846 section 7.5).",
  CLIENT_HANDSHAKE_TRAFFIC_SECRET:
    "Keys of the client's messages up to its Finished: of the key exchange and both hellos (RFC 9846 section 7.1).",
  SERVER_HANDSHAKE_TRAFFIC_SECRET:
    "Keys of the server's messages up to its Finished: of the key exchange and both hellos (RFC 9846 section 7.1).",
  CLIENT_TRAFFIC_SECRET_0:
    "Keys of the client's data, until a KeyUpdate: of all messages up to the server's Finished (RFC 9846 section 7.1).",
  SERVER_TRAFFIC_SECRET_0:
    "Keys of the server's data, until a KeyUpdate: of all messages up to the server's Finished (RFC 9846 section 7.1).",
  EXPORTER_SECRET:
    "For applications that need a key of their own (RFC 9846 section 7.5).",
  ECH_SECRET:
    "The secret of the client's key and the server's: it encrypts ClientHelloInner (RFC 9849 section 6.1).",
  ECH_CONFIG:
    "Not a secret: the configuration with the server's public key, as the DNS has it.",
};
