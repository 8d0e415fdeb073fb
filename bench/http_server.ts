/**
 * The server that is measured: ours or the runtime's, or what neither can do
 * without.
 *
 * @module
 */

import process from "node:process";
import { serve } from "../mod.ts";

/** What it answers. */
export const PATHS = {
  small: "/small",
  large: "/large",
  usage: "/usage",
} as const;

const large = new Uint8Array(100_000).fill(97);

function answer(request: Request): Response {
  if (request.url.endsWith(PATHS.small)) return new Response("hello world");
  if (request.url.endsWith(PATHS.large)) return new Response(large);
  (globalThis as { gc?: () => void }).gc?.();
  const { user, system } = process.cpuUsage();
  const { rss } = Deno.memoryUsage();
  return new Response("", {
    headers: { "x-usage": `${user + system} ${rss}` },
  });
}

if (import.meta.main) {
  const [kind, folder] = Deno.args;
  const options = {
    hostname: "127.0.0.1",
    port: 0,
    cert: await Deno.readTextFile(`${folder}/cert.pem`),
    key: await Deno.readTextFile(`${folder}/key.pem`),
    onListen: ({ port }: Deno.NetAddr) => console.log(port),
  };
  if (kind === "floor") {
    const { serveFloor } = await import("./http_floor.ts");
    await serveFloor(answer);
  } else if (kind === "ours") serve(options, answer);
  else Deno.serve(options, answer);
}
