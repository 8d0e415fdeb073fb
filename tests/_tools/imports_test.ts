/**
 * The rooms and the arrows between them: what imports what, and what touches
 * the runtime.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { cyclesOf, doors, importsOf, modulesIn, ROOT } from "./_graph.ts";
import { PARTS, ROOMS } from "./_levels.ts";

/** `Deno`'s members and nothing else lead out of JavaScript here. */
const TOUCH_DENO = [
  "cli/deno.ts",
  "http/engines.ts",
  "http/loopback_engine.ts",
  "http/spoken_protocols.ts",
  "http/unix_engine.ts",
  "platform/builtin.ts",
  "platform/deno.ts",
  "platform/platform.ts",
];

/**
 * The imports of types that may close a circle, as there is no other way.
 * A `TlsCertificateError` holds the certificates that it is about, and the
 * reading of one throws it; `Certificate.toNodeObject()` is a method.
 */
const TYPES_ASIDE = new Map([
  ["x509/certificate/errors.ts", "x509/certificate/certificate.ts"],
  ["x509/certificate/node_object.ts", "x509/certificate/certificate.ts"],
]);

const graph = await importsOf([...doors, ...await sources()]);

Deno.test("modules import their own room and what lies below it", () => {
  for (const [path, { values, types }] of graph) {
    for (const target of [...values, ...types]) {
      assert(mayImport(path, target), `${path} imports ${target}`);
    }
  }
});

Deno.test("modules import one another in no circle", () => {
  const edges = new Map(
    [...graph].map(([path, { values, types }]) => [
      path,
      [
        ...values,
        ...types.filter((target) => TYPES_ASIDE.get(path) !== target),
      ],
    ]),
  );
  assertEquals(cyclesOf(edges), []);
  for (const [path, target] of TYPES_ASIDE) {
    assert(graph.get(path)?.types.includes(target), `${path} needs no leave`);
  }
});

Deno.test("modules import nothing but @std, noble in crypto/, jose for ACME, undici for fetch, commander in cli/, and Node in node/", () => {
  for (const [path, { foreign }] of graph) {
    for (const specifier of foreign) {
      const allowed = /^@std\/(bytes|streams)$/.test(specifier) ||
        path.startsWith("crypto/") && specifier.startsWith("@noble/") ||
        path === "acme/account_key.ts" && specifier === "jose" ||
        path.startsWith("http/fetch_") && specifier === "undici/index.js" ||
        path.startsWith("cli/") && specifier === "commander" ||
        /^(node\/|http\/node_)/.test(path) && specifier.startsWith("node:");
      assert(allowed, `${path} imports ${specifier}`);
    }
  }
});

Deno.test("modules are reached from a door, every one", async () => {
  const reached = await importsOf(doors);
  const unreached = (await sources()).filter((path) => !reached.has(path));
  assertEquals(unreached, []);
});

Deno.test("modules leave Deno to platform/, to serve() and to the command line", async () => {
  const touching: string[] = [];
  for (const path of graph.keys()) {
    if (touchesDeno(await Deno.readTextFile(new URL(path, ROOT)))) {
      touching.push(path);
    }
  }
  assertEquals(touching.filter((path) => !TOUCH_DENO.includes(path)), []);
  assert(touching.includes("platform/deno.ts"));
});

Deno.test("cyclesOf() finds circles and nothing else", () => {
  const edges = new Map([
    ["a", ["b"]],
    ["b", ["c", "d"]],
    ["c", ["a"]],
    ["d", ["e"]],
    ["e", []],
    ["f", ["f", "a"]],
  ]);
  assertEquals(cyclesOf(edges), [["a", "b", "c"], ["f"]]);
});

function mayImport(path: string, target: string): boolean {
  if (roomOf(path) === "record" && roomOf(target) === "x509") return false;
  const [from, to] = [levelOf(path), levelOf(target)];
  if (to < from) return true;
  if (roomOf(path) !== roomOf(target) || !path.includes("/")) return false;
  const [part, other] = [partOf(path), partOf(target)];
  return part === other || rankOf(other) < rankOf(part);
}

/** The doors stand above all rooms. */
function levelOf(path: string): number {
  return ROOMS[path] ?? ROOMS[partOf(path)] ?? ROOMS[roomOf(path)] ?? 9;
}

function rankOf(part: string): number {
  const rank = PARTS[part];
  assert(rank !== undefined, `${part} has no place in the plan`);
  return rank;
}

function roomOf(path: string): string {
  return path.slice(0, path.indexOf("/"));
}

function partOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

/** Whether code, comments and strings aside, uses more of `Deno` than its types. */
function touchesDeno(text: string): boolean {
  const code = text.replace(/\/\*.*?\*\//gs, "").replace(/^\s*\/\/.*$/gm, "")
    // Of a template the expressions are code.
    .replace(/`[^`]*`/g, (text) => (text.match(/\$\{[^}]*\}/g) ?? []).join())
    .replace(/"[^"\n]*"/g, "");
  return /\bDeno\b(?!\.[A-Z])/.test(code);
}

/** The modules of all rooms. */
function sources(): Promise<string[]> {
  return modulesIn(Object.keys(ROOMS).filter((name) => !/[./]/.test(name)));
}
