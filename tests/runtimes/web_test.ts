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
  servePages,
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
    await t.step("connect() to OpenSSL by cloudflare:sockets", async () => {
      await using peer = await startOpenSsl(folder.path);
      const response = await fetch(`${worker.url}?port=${peer.port}`, {
        method: "POST",
        body: peer.ca,
      });
      const { remote, ...rest } = await response.json();
      assertEquals(rest, {
        version: "TLSv1.3",
        cipherSuite: "TLS_AES_256_GCM_SHA384",
        status: "HTTP/1.0 200 ok",
        isFile: true,
        closed: { clean: true },
      });
      assertEquals(remote, {
        transport: "tcp",
        hostname: "127.0.0.1",
        port: peer.port,
      });
    });
  },
});

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
