/**
 * Pages of handshakes: each byte is on them, they need nothing else, and a
 * browser shows them.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { concat } from "@std/bytes";
import { Capture } from "../../cli/page/capture.ts";
import { handshakePage } from "../../cli/page/page.ts";
import { replay, type ReplayedRecord } from "../../cli/page/replay.ts";
import { captureAll } from "../../cli/page/scenarios.ts";
import { toHex } from "../../encoding.ts";
import { missing } from "../runtimes/_package.ts";
import { chromium, inChromium, servePages } from "../runtimes/_web.ts";
import { run } from "./_run.ts";
import { echo, files, plainServer } from "./_servers.ts";

const captures = await captureAll();
const page = await handshakePage("Handshakes", captures);

/** The bytes that a page shows as those of the wire, for each record. */
function shownRecords(html: string): string[] {
  return html.split("<article ").slice(1).map((article) =>
    [...article.matchAll(/<code class="hex">([0-9a-f ]*)<\/code>/g)]
      .map(([, hex = ""]) => hex.replaceAll(" ", "")).join("")
  );
}

/** What it should show: the wire, and what was decrypted or carries data. */
function expected({ bytes, keys, content, messages }: ReplayedRecord): string {
  const decoded = concat(messages.map(({ bytes }) => bytes));
  const isData = content?.type === 23;
  const isAlert = content?.type === 21;
  if (keys === undefined) return toHex(bytes);
  assert(content !== undefined);
  return toHex(bytes) +
    toHex(isData ? new Uint8Array() : isAlert ? content.bytes : decoded);
}

Deno.test("the page has every byte of every record, in order", async () => {
  const all = await Promise.all(captures.map(replay));
  const records = all.flatMap(({ records }) => records);
  assertEquals(shownRecords(page), records.map(expected));
  for (const sender of ["client", "server"] as const) {
    const sent = captures.flatMap(({ chunks }) => chunks)
      .filter((chunk) => chunk.sender === sender);
    const shown = records.filter((record) => record.sender === sender);
    assertEquals(
      toHex(concat(shown.map(({ bytes }) => bytes))),
      toHex(concat(sent.map(({ bytes }) => bytes))),
    );
  }
  // The content of every protected record is opened by the logged secrets.
  assert(records.every(({ content }) => content !== undefined));
});

Deno.test("the page explains each kind of handshake", () => {
  const sections = page.split('<section class="connection"').slice(1);
  const say = (at: number, ...words: string[]) => {
    for (const word of words) assertStringIncludes(sections[at] ?? "", word);
  };
  assertEquals(sections.length, 7);
  say(0, "ServerHello", "CertificateVerify", "NewSessionTicket");
  say(0, "client_handshake_traffic_secret", "GET / HTTP/1.1");
  say(1, "pre_shared_key", "EndOfEarlyData", "client_early_traffic_secret");
  say(1, "resumed");
  say(2, "HelloRetryRequest", "selected_group");
  say(3, "CertificateRequest", "CN=Alice, issued by CN=Example CA");
  say(4, "ClientHelloInner", "public.example", "server.example");
  say(5, "ServerKeyExchange", "ServerHelloDone", "RFC 5246 § 7.4.9");
  say(6, "change_cipher_spec", "session_ticket", "resumed");
  for (const section of sections) {
    for (const row of section.matchAll(/<li class="leaf">(.*?)<\/li>/gs)) {
      assert(!row[1]?.includes("not decoded"), row[1]);
    }
  }
});

Deno.test("the page is one file: no script, nothing loaded, no markup of a peer", async () => {
  assert(
    !/<(script|link|img|iframe|object)|src=|url\(|@import| on\w+=/.test(page),
  );
  assertStringIncludes(page, "default-src 'none'");
  assert(page.length < 1_000_000, `${page.length} characters`);
  const evil = new Capture("<b>a</b>", '"><script>alert(1)</script>');
  evil.put("server", new TextEncoder().encode("<script>alert(1)</script>"));
  evil.put(
    "client",
    Uint8Array.of(22, 3, 1, 0, 9, 1, 0, 0, 5, 3, 3, 60, 98, 62),
  );
  const html = await handshakePage("<i>", [evil]);
  assert(!/<script|<b>a|<i>/.test(html.replace('<i class="hex">', "")));
  assertStringIncludes(html, "not decoded");
});

Deno.test("the page shows what a server may send that breaks every rule", async () => {
  // The client's own hello, with its random: it leads to the secret of ECH.
  const ech = captures[4];
  const old = captures[5];
  assert(ech !== undefined && old !== undefined);
  const hello = ech.chunks[0]?.bytes;
  assert(hello !== undefined);
  const echoed = copyOf(ech, 1);
  const torn = hello.slice(0, 5 + 4 + 40);
  torn.set([0, torn.length - 5], 3);
  torn.set([0, 0, torn.length - 9], 6);
  echoed.put("server", torn);
  assertStringIncludes(await handshakePage("a", [echoed]), "not decoded");

  // A second ServerHello, of a version that there is not, and new keys.
  const answer = old.chunks.find(({ sender }) => sender === "server")?.bytes;
  assert(answer !== undefined);
  const changed = copyOf(old, 3);
  const length = 5 + (answer[3] ?? 0) * 256 + (answer[4] ?? 0);
  const again = answer.slice(0, length);
  again.set([9, 9], 5 + 4);
  changed.put("server", again);
  changed.put("server", Uint8Array.of(20, 3, 3, 0, 1, 1));
  assertStringIncludes(
    await handshakePage("b", [changed]),
    "change_cipher_spec",
  );
});

Deno.test("the page has an end, where a server sends many small records", async () => {
  const endless = new Capture("A", "");
  for (let count = 0; count < 4000; count++) {
    endless.put("server", Uint8Array.of(21, 3, 3, 0, 2, 1, 90));
  }
  assert(!endless.isCut);
  const html = await handshakePage("a", [endless]);
  assertEquals(shownRecords(html).length, 1000);
  assertStringIncludes(html, "More followed, which this page leaves out");
});

/** The first chunks of a connection, with its secrets. */
function copyOf({ chunks, keyLog }: Capture, count: number): Capture {
  const copy = new Capture("A", "");
  for (const { sender, bytes } of chunks.slice(0, count)) {
    copy.put(sender, bytes);
  }
  copy.keyLog.push(...keyLog);
  return copy;
}

Deno.test("connect --page writes the page, and keeps it for its owner", async () => {
  await using server = echo();
  const args = ["connect", server.at, "--ca-file", "ca.pem"];
  const given = { files, stdin: "hello\n" };
  const { code, files: written } = await run(
    [...args, "--page", "out.html", "--resume"],
    given,
  );
  assertEquals(code, 0);
  const html = new TextDecoder().decode(written.get("out.html"));
  assertStringIncludes(html, `<title>TLS to ${server.at}</title>`);
  assertStringIncludes(html, "Second connection");
  assertStringIncludes(html, "<pre>hello");
  assert(!html.includes("No secret opens"));
});

Deno.test("connect --page also shows handshakes that fail", async () => {
  await using server = echo();
  const args = ["connect", server.at, "--page", "out.html", "--no-pipe"];
  const refused = await run(args, {});
  assertEquals(refused.code, 5);
  const html = new TextDecoder().decode(refused.files.get("out.html"));
  assertStringIncludes(html, "alert unknown_ca");
  await using other = plainServer(async (socket) => {
    await socket.write(new TextEncoder().encode("HTTP/1.1 400 Bad\r\n\r\n"));
    socket.close();
  });
  const none = await run(["connect", other.at, ...args.slice(2)], {});
  assert(none.code !== 0);
  assert(none.files.has("out.html"));
});

Deno.test("handshake-page writes a page, and replaces none", async () => {
  const { code, files, out } = await run(["handshake-page", "--out", "a.html"]);
  assertEquals([code, out], [0, "a.html\n"]);
  const html = new TextDecoder().decode(files.get("a.html"));
  assertStringIncludes(html, "TLS, byte by byte");
});

const noChromium = missing(chromium);

Deno.test({
  name: "a browser shows the page, on a phone and in the dark" +
    (noChromium === undefined ? "" : ` (ignored: ${noChromium})`),
  ignore: noChromium !== undefined,
  fn: async () => {
    const folder = await Deno.makeTempDir();
    try {
      await Deno.writeTextFile(`${folder}/page.html`, page);
      await Deno.writeTextFile(`${folder}/frame.html`, FRAMES);
      await using server = servePages(folder);
      const found = await inChromium(folder, {
        url: `${server.url}frame.html`,
        expression: LOOK,
      }) as Look[]; // as LOOK makes them
      assertEquals(found.map(({ width }) => width), [360, 1200]);
      for (const { width, scrolled, overlaps, sections, isOpen } of found) {
        assert(scrolled <= width, `${scrolled} of ${width}`);
        assertEquals([overlaps, sections, isOpen], [0, 7, true]);
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

interface Look {
  readonly width: number;
  readonly scrolled: number;
  readonly overlaps: number;
  readonly sections: number;
  readonly isOpen: boolean;
}

/** The page in windows of two widths, without scripts. */
const FRAMES = [360, 1200].map((width) =>
  `<iframe sandbox="allow-same-origin" src="page.html" style="width:${width}px;height:600px;border:0"></iframe>`
).join("");

/** What is wider than its window, and what covers its neighbour. */
const LOOK =
  `Promise.all([...document.querySelectorAll("iframe")].map(async (frame) => {
  while (frame.contentDocument.readyState !== "complete" || !frame.contentDocument.querySelector("main")) {
    await new Promise((done) => setTimeout(done, 20));
  }
  const { documentElement: root } = frame.contentDocument;
  const leaves = [...root.querySelectorAll("li.leaf")].filter((leaf) => leaf.checkVisibility());
  const boxes = leaves.slice(0, 200).map((leaf) => [...leaf.children].map((part) => part.getBoundingClientRect()));
  const covers = ([a, b]) => a && b && a.width > 0 && a.right > b.left + 1 && a.bottom > b.top + 1;
  const summary = root.querySelector("details.protection > summary");
  summary.click();
  return {
    width: frame.clientWidth,
    scrolled: root.scrollWidth,
    overlaps: boxes.filter(covers).length,
    sections: root.querySelectorAll("section.connection").length,
    isOpen: summary.parentElement.open,
  };
}))`;
