/**
 * The npm package in a Worker and in a page: what both ends do in memory, and
 * the network of a Worker.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { installed, missing, type Outcome } from "./_package.ts";
import {
  bundleWeb,
  chromium,
  inChromium,
  type Peer,
  servePages,
  startNodeTls,
  startOpenSsl,
  startWorker,
  workerd,
} from "./_web.ts";

const noWorkerd = missing(workerd);
const noChromium = missing(chromium);

Deno.test({
  name: "the package in workerd" + why(noWorkerd),
  ignore: noWorkerd !== undefined,
  fn: async (t) => {
    const folder = await bundled("worker", ["workerd", "worker", "browser"]);
    await using worker = await startWorker(folder.path, folder.files);
    await tell(t, await (await fetch(worker.url)).json());
    const ask = async (peer: Peer, sizes: readonly number[], more = {}) => {
      const query = sizes.map((size) => `&size=${size}`).join("");
      const response = await fetch(`${worker.url}?port=${peer.port}${query}`, {
        method: "POST",
        body: JSON.stringify({ ca: peer.ca, ...more }),
      });
      return await response.json();
    };
    await t.step("connect() to OpenSSL by cloudflare:sockets", async () => {
      await using peer = await startOpenSsl(folder.path);
      const { remote, ...rest } = await ask(peer, []);
      assertEquals(rest, {
        version: "TLSv1.3",
        cipherSuite: "TLS_AES_256_GCM_SHA384",
        status: "HTTP/1.0 200 ok",
        isFile: true,
        resumed: false,
        closed: { clean: true },
      });
      assertEquals(remote, {
        transport: "tcp",
        hostname: "127.0.0.1",
        port: peer.port,
      });
    });
    await t.step("16 MiB each way with OpenSSL", async () => {
      await using peer = await startOpenSsl(folder.path, []);
      const [outcomes, received] = await Promise.all([
        ask(peer, [MUCH]),
        countOnes(peer.stdout, MUCH),
        sendOnes(peer.stdin, MUCH),
      ]);
      const outcome = { version: "TLSv1.3", resumed: false, received: MUCH };
      assertEquals(outcomes, [outcome]);
      assertEquals(received, MUCH);
    });
    await t.step("a certificate for OpenSSL, TLS 1.3 and 1.2", async () => {
      await using peer = await startOpenSsl(folder.path, [
        ...["-WWW", "-Verify", "1", "-verify_return_error"],
      ]);
      for (const maxVersion of ["TLSv1.3", "TLSv1.2"]) {
        const outcome = await ask(peer, [], { ...peer.person, maxVersion });
        assertEquals(outcome.error, undefined);
        assertEquals(outcome.version, maxVersion);
        assert(outcome.isFile);
        const refused = await ask(peer, [], { maxVersion });
        assertEquals(refused.error, "client_certificate_refused");
      }
    });
    for (const isForPersons of [false, true]) {
      const what = isForPersons ? "a certificate" : "16 MiB each way";
      await t.step(`${what} and sessions with node:tls`, async () => {
        await using peer = await startNodeTls(folder.path, isForPersons);
        for (const maxVersion of ["TLSv1.3", "TLSv1.2"]) {
          const sizes = isForPersons ? [LITTLE, LITTLE] : [MUCH, LITTLE];
          const own = isForPersons ? peer.person : {};
          assertEquals(
            await ask(peer, sizes, { ...own, maxVersion }),
            sizes.map((received, nth) => ({
              version: maxVersion,
              resumed: nth > 0,
              received,
            })),
          );
        }
        if (!isForPersons) return;
        const refused = await ask(peer, [LITTLE], {});
        assert("error" in refused, JSON.stringify(refused));
      });
    }
  },
});

/** Counts bytes that are 1, up to a number: what a program prints has none. */
async function countOnes(
  stdout: ReadableStream<Uint8Array>,
  size: number,
): Promise<number> {
  let count = 0;
  for await (const chunk of stdout.values({ preventCancel: true })) {
    for (const byte of chunk) if (byte === 1) count++;
    if (count >= size) break;
  }
  return count;
}

async function sendOnes(
  stdin: WritableStream<Uint8Array>,
  size: number,
): Promise<void> {
  const writer = stdin.getWriter();
  const chunk = new Uint8Array(1 << 16).fill(1);
  for (let left = size; left > 0; left -= chunk.length) {
    await writer.write(chunk);
  }
  writer.releaseLock();
}

/** In bytes. */
const MUCH = 16 << 20;
const LITTLE = 1 << 10;

Deno.test({
  name: "the package in Chromium" + why(noChromium),
  ignore: noChromium !== undefined,
  fn: async (t) => {
    const { path } = await bundled("page", ["browser"]);
    await using pages = servePages(path);
    const outcomes = await inChromium(path, {
      url: pages.url,
      expression: "outcomes",
    });
    await tell(t, outcomes as Outcome[]); // what _page.mjs leaves
  },
});

function why(reason: string | undefined): string {
  return reason === undefined ? "" : ` (ignored: ${reason})`;
}

async function bundled(
  name: string,
  conditions: readonly string[],
): Promise<{ path: string; files: string[] }> {
  const user = await installed();
  for (const file of ["_web.mjs", `_${name}.mjs`]) {
    await Deno.copyFile(new URL(file, import.meta.url), `${user}/${file}`);
  }
  const path = `${user}/${name}`;
  return {
    path,
    files: await bundleWeb(`${user}/_${name}.mjs`, path, conditions),
  };
}

async function tell(t: Deno.TestContext, outcomes: Outcome[]): Promise<void> {
  for (const { name, error } of outcomes) {
    await t.step(name, () => assertEquals(error, undefined));
  }
  assertEquals(outcomes.at(-1)?.name, "end");
  assert(outcomes.length > 50, `only ${outcomes.length} checks`);
}
