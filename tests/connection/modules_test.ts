/**
 * Modules that a connection needs and that cannot be loaded: no network, or a
 * file that was left out. Each is a typed error at our end and an alert for the
 * peer, in a process of its own, which an unhandled rejection would end.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import type { Outcome } from "./_without_module.ts";

const ROOT = new URL("../../", import.meta.url);

const OURS = { code: "module_unavailable", alert: "internal_error" };
const PEERS = { code: "alert_received", alert: "internal_error" };

/** Which module is gone, in which version it matters, and to whom. */
const cases: readonly (readonly [
  path: string,
  version: string,
  client: Outcome,
  server: Outcome,
])[] = [
  ["handshake/tls13/client.ts", "TLSv1.3", OURS, PEERS],
  ["handshake/tls12/client.ts", "TLSv1.2", OURS, PEERS],
  ["handshake/tls13/server.ts", "TLSv1.3", PEERS, OURS],
  ["handshake/tls12/server.ts", "TLSv1.2", PEERS, OURS],
  ["handshake/tls12/client.ts", "TLSv1.3", {}, {}],
  ["handshake/server.ts", "TLSv1.3", PEERS, OURS],
];

for (const [path, version, client, server] of cases) {
  Deno.test(`${version} without ${path} fails by a typed error and an alert, or works`, async () => {
    const outcomes = await outcomesWithout(path, version);
    assertEquals(outcomes, [client, server]);
  });
}

Deno.test("a client without its flow fails before it sends anything", async () => {
  const [client] = await outcomesWithout("handshake/client.ts", "TLSv1.3");
  assertEquals(client?.code, "module_unavailable");
});

/** Runs a handshake in a program in which a module is nowhere. */
async function outcomesWithout(
  path: string,
  version: string,
): Promise<Outcome[]> {
  const map = await Deno.makeTempFile({ suffix: ".json" });
  try {
    const gone = new URL(path, ROOT).href;
    await Deno.writeTextFile(
      map,
      JSON.stringify({
        imports: { ...packages(), [gone]: `${gone}.gone.ts` },
      }),
    );
    const script = new URL("_without_module.ts", import.meta.url).href;
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-lock", `--import-map=${map}`, script, version],
      cwd: ROOT,
    }).output();
    assert(code === 0, new TextDecoder().decode(stderr));
    return JSON.parse(new TextDecoder().decode(stdout));
  } finally {
    await Deno.remove(map);
  }
}

/** The packages of deno.json, with the modules in them, as import maps go. */
function packages(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(config.imports).flatMap(([name, target]) => [
      [name, target],
      [`${name}/`, `${target.replace(":", ":/")}/`],
    ]),
  );
}
