/**
 * The files of a folder over HTTP.
 *
 * @module
 */

import { serve } from "../../http/serve.ts";
import type { ServeInfo } from "../../http/options.ts";
import { escapeText } from "../../escape.ts";
import type { System } from "../base/system.ts";
import { notListening, type Serving } from "./connections.ts";

/** Serves until it is stopped. */
export async function serveFiles(
  { run, options, stop, announcer, isOnce }: Serving,
  folder: string,
): Promise<void> {
  const { system } = run;
  const { onHandshakeError, ...others } = options;
  const handler = async (
    request: Request,
    { tls, remoteAddr, completed }: ServeInfo,
  ) => {
    const response = await respond(system, folder, request);
    announcer.event(
      "request",
      `${escapeText(request.method)} ${
        escapeText(request.url)
      } ${response.status}`,
    );
    if (isOnce) {
      announcer.connected(tls, remoteAddr);
      completed.catch(() => {}).finally(() => stop.abort());
    }
    return response;
  };
  try {
    const server = serve({
      ...others,
      ...onHandshakeError === undefined ? {} : { onHandshakeError },
      onListen: () => {},
    }, handler);
    stop.signal.addEventListener("abort", () => server.shutdown());
    await announcer.listening(server.addr, `files of ${folder}`);
    await server.finished;
  } catch (error) {
    throw notListening(error);
  }
}

/** The response to a request. */
async function respond(
  system: System,
  folder: string,
  request: Request,
): Promise<Response> {
  if (request.method !== "GET" && request.method !== "HEAD") {
    return plain(405, { allow: "GET, HEAD" });
  }
  const path = pathOf(request.url);
  if (path === undefined) return plain(400);
  const file = await system.openWithin(folder, path);
  if (file === undefined) return plain(404);
  const headers = {
    "content-type": typeOf(file.name),
    "content-length": String(file.size),
    // What a folder holds is not for guessing.
    "x-content-type-options": "nosniff",
  };
  if (request.method === "GET") {
    return new Response(file.readable, { headers });
  }
  await file.readable.cancel();
  return new Response(null, { headers });
}

/**
 * The path below the folder, or `undefined` if it is none: a name in it has
 * neither separators nor NUL, and does not begin with a dot.
 */
function pathOf(url: string): string | undefined {
  const names: string[] = [];
  for (const part of new URL(url).pathname.split("/")) {
    if (part === "") continue;
    const name = decoded(part);
    if (name === undefined || /^\.|[/\\\0]/.test(name)) return undefined;
    names.push(name);
  }
  return names.join("/");
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}

function plain(status: number, headers: Record<string, string> = {}): Response {
  return new Response(`${status}\n`, {
    status,
    headers: { "content-type": "text/plain", ...headers },
  });
}

function typeOf(name: string): string {
  const [, ending = ""] = /\.(\w+)$/.exec(name) ?? [];
  return TYPES[ending.toLowerCase()] ?? "application/octet-stream";
}

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  htm: "text/html; charset=utf-8",
  txt: "text/plain; charset=utf-8",
  md: "text/plain; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  mjs: "text/javascript; charset=utf-8",
  json: "application/json",
  wasm: "application/wasm",
  xml: "application/xml",
  svg: "image/svg+xml",
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  gif: "image/gif",
  webp: "image/webp",
  ico: "image/x-icon",
  pdf: "application/pdf",
};
