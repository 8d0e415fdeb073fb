/**
 * Checks a store in the Deno KV of a folder, with two clients, and all that a
 * fleet has in it; an entry of somebody else stays as it is.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { kvStore } from "../../stores/kv.ts";
import { checkFleet, checkStore } from "./_battery.ts";

const [path = ""] = Deno.args;
using kv = await Deno.openKv(path);
using other = await Deno.openKv(path);
await checkStore(kvStore(kv), kvStore(other));
await checkStore(
  kvStore(kv, { prefix: ["app", "tls"] }),
  kvStore(other, { prefix: ["app", "tls"] }),
);
const names = [];
for await (const { key } of kv.list({ prefix: [] })) names.push(key);
assertEquals(names, [["app", "tls", "lock"], ["x-tls", "lock"]]);

await checkFleet(
  kvStore(kv, { prefix: ["fleet"] }),
  kvStore(other, { prefix: ["fleet"] }),
);

await kv.set(["x-tls", "text"], "no bytes");
assertEquals(await kvStore(kv).get("text"), undefined);
console.log("checked");
