/**
 * The page: TLS over a WebSocket, and what came out of it.
 *
 * @module
 */

import { client, TlsError } from "@x/tls";
import { TrustStore } from "@x/tls/x509";
import { duplexOf } from "./duplex.ts";

const form = document.querySelector("form");
const names = document.querySelector("#target");
const path = document.querySelector("#path");
const roots = document.querySelector("#roots");
const button = document.querySelector("button");
const output = document.querySelector("#output");

const targets = await (await fetch("/targets")).json();
names.replaceChildren(...targets.map((name) => new Option(name)));
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  button.disabled = true;
  document.body.dataset.state = "busy";
  output.replaceChildren();
  document.body.dataset.state = await show(names.value, path.value);
  button.disabled = false;
});
button.disabled = false;

/** Fetches a path from a server, and shows how. */
async function show(name, path) {
  const start = performance.now();
  let conn;
  try {
    const bridge = new URL(
      `/bridge?to=${encodeURIComponent(name)}`,
      location.href,
    );
    bridge.protocol = "ws:";
    conn = client(duplexOf(new WebSocket(bridge)), {
      serverName: name,
      trust: await trusted(),
      alpnProtocols: ["http/1.1"],
    });
    await conn.handshake();
    const time = performance.now() - start;
    output.append(...connection(conn, time), ...certificates(conn));
    output.append(...response(await get(conn, name, path)));
    return "good";
  } catch (error) {
    output.append(...failure(error));
    return "bad";
  } finally {
    await conn?.close().catch(() => {});
  }
}

/** The roots that the user gave, or else those of Mozilla, in this page. */
async function trusted() {
  const pem = roots.value.trim();
  return pem === "" ? await TrustStore.mozilla() : TrustStore.of(pem);
}

/** Sends a request of HTTP/1.1, and reads the start of what comes. */
async function get(conn, name, path) {
  const target = path.startsWith("/") ? path : `/${path}`;
  await conn.write(
    new TextEncoder().encode(
      `GET ${
        encodeURI(target)
      } HTTP/1.1\r\nHost: ${name}\r\nConnection: close\r\n\r\n`,
    ),
  );
  const decoder = new TextDecoder();
  const into = new Uint8Array(16_384);
  let text = "";
  while (text.length < SHOWN) {
    const length = await conn.read(into);
    if (length === null) break;
    text += decoder.decode(into.subarray(0, length), { stream: true });
  }
  return text.slice(0, SHOWN);
}

function connection({ info }, time) {
  return [
    heading("The connection"),
    list({
      "Version": info.version,
      "Cipher suite": info.cipherSuite,
      "Key exchange": info.group,
      "Server's signature": info.signatureScheme,
      "Protocol inside": info.alpnProtocol ?? "none agreed",
      "Handshake": `${time.toFixed()} ms, with the bridge`,
    }),
  ];
}

/** The path that was verified, from the server's certificate to the root. */
function certificates({ info }) {
  const chain = node("ol", ...info.verifiedChain.map(certificate));
  chain.className = "chain";
  return [
    heading(`Certificates, ${info.authorization.status} in this tab`),
    chain,
  ];
}

function certificate(one, nth) {
  const { publicKey, subject, notAfter, signatureAlgorithm } = one;
  const kind = nth === 0 ? "Server" : one.isCa ? "Authority" : "Certificate";
  return node(
    "li",
    node("strong", subject || "(no subject)"),
    node(
      "span",
      `${kind} · ${
        publicKey.curve ?? publicKey.type
      } · ${signatureAlgorithm} · until ${notAfter.toISOString().slice(0, 10)}`,
    ),
  );
}

function response(text) {
  return [heading("What the server sent"), node("pre", text)];
}

function failure(error) {
  if (!(error instanceof TlsError)) {
    return [heading("It did not work"), node("p", String(error))];
  }
  return [
    heading("Refused, in this tab"),
    node("p", error.message),
    list({
      "Reason": error.code,
      "What to do": "hint" in error ? String(error.hint ?? "") : "",
    }),
  ];
}

function list(rows) {
  return node(
    "dl",
    ...Object.entries(rows).filter(([, value]) => value).flatMap((
      [name, value = ""],
    ) => [node("dt", name), node("dd", value)]),
  );
}

function heading(text) {
  return node("h2", text);
}

/** An element; texts in it are texts, whatever a server has put into them. */
function node(name, ...children) {
  const made = document.createElement(name);
  made.append(...children);
  return made;
}

/** Characters of a response that are shown. */
const SHOWN = 2000;
