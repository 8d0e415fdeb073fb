/**
 * A page that speaks TLS in the tab: it verifies the certificate itself, and
 * whatever is between it and the server sees ciphertext.
 *
 * ```sh
 * deno run -A examples/browser/main.ts example.com:443 [HOST:PORT …]
 * ```
 *
 * @module
 */

import { bundlePage } from "./bundle.ts";
import { parseTarget, startBridge } from "./bridge.ts";

if (Deno.args.length === 0) {
  console.error("Usage: main.ts HOST:PORT [HOST:PORT …]");
  Deno.exit(2);
}
const folder = await Deno.makeTempDir();
await bundlePage(folder);
const bridge = startBridge({ targets: Deno.args.map(parseTarget), folder });
console.log(`Open ${bridge.url}`);
Deno.addSignalListener("SIGINT", async () => {
  await bridge[Symbol.asyncDispose]();
  await Deno.remove(folder, { recursive: true });
  Deno.exit();
});
