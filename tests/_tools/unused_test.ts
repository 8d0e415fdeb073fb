/**
 * What nobody uses: exports that only tests keep alive, and fields of the
 * handshake's configuration that are filled and never read.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { doors, importsOf, modulesIn } from "./_graph.ts";
import { type Export, Names, readTexts } from "./_names.ts";

/** Exports that only tests use, each with the reason why it stays. */
const ONLY_TESTED: Readonly<Record<string, string>> = {
  "x509/asn1/der_writer.ts enumerated":
    "the DER writer has every type that the reader has; tests write CRLs and OCSP responses with it",
};

/** Classes that nobody imports, each with the reason why it is exported. */
const IN_SIGNATURES: Readonly<Record<string, string>> = {
  "crypto/key_schedule.ts MasterSecret":
    "the type of what HandshakeSecret.masterSecret() returns",
};

/** Fields that another interface reads, each with the place. */
const READ_ELSEWHERE: Readonly<Record<string, string>> = {
  "ConnectionConfig.dynamicRecordSizing": "RecordWriter.configure()",
  "ConnectionConfig.padding": "RecordWriter.configure()",
  "ConnectionConfig.readTimeout": "TimedTransport, and by name in Context",
  "ConnectionConfig.writeTimeout": "TimedTransport, and by name in Context",
};

/** What the configuration of a handshake is put together from. */
const CONFIGURATION = [
  "config",
  "connection_config",
  "early_data_policy",
  "ech_keys",
  "local_identity",
  "psk_config",
  "trust_config",
];

const modules = new Set((await importsOf(doors)).keys());
const others = await modulesIn(["bench", "examples", "tests"]);
const names = new Names(await readTexts([...modules, ...others]));

Deno.test("exports are used by a module or by users, and not by tests alone", () => {
  const unused = names.exports(doors).filter((found) =>
    modules.has(found.path) && !found.isUsedWithin &&
    ![...found.importers].some((path) => modules.has(path))
  );
  assertEquals(unused.map(labelOf).sort(), Object.keys(ONLY_TESTED).sort());
});

Deno.test("functions and constants are exported only if another module imports them", () => {
  const needless = names.exports(doors).filter((found) =>
    modules.has(found.path) && !found.isType && found.importers.size === 0
  );
  assertEquals(
    needless.map(labelOf).sort(),
    Object.keys(IN_SIGNATURES).sort(),
  );
});

Deno.test("fields of the handshake's configuration are read, every one", () => {
  const unread = CONFIGURATION.flatMap((file) =>
    names.unreadFields(`handshake/common/${file}.ts`, {
      doors,
      isReader: (path) => modules.has(path),
    })
  );
  assertEquals(unread.sort(), Object.keys(READ_ELSEWHERE).sort());
});

Deno.test("Names exports() says which modules import what", () => {
  const found = new Names(
    new Map([
      ["door.ts", `export { shown } from "./a.ts";`],
      [
        "a.ts",
        `export const shown = 1;
         export const used = 2;
         export const alone = 3;
         export const loaded = 4;
         export interface Own {}
         export function own(own: Own) {}
         export function outer() { return { own }; }`,
      ],
      ["barrel.ts", `export * from "./a.ts"; export const x = 1;`],
      ["b.ts", `import { used as other, x } from "./barrel.ts";`],
      ["c.ts", `export {}; const { x } = await import("./late.ts");`],
      ["late.ts", `export const x = 1;`],
    ]),
  ).exports(["door.ts"]);
  const unused = found.filter(({ isUsedWithin, importers }) =>
    !isUsedWithin && importers.size === 0
  );
  assertEquals(unused.map(labelOf).sort(), [
    "a.ts alone",
    "a.ts loaded",
    "a.ts outer",
  ]);
  const used = found.find(({ name }) => name === "used");
  assertEquals([...used?.importers ?? []], ["b.ts"]);
});

Deno.test("Names unreadFields() goes by types, and not by names", () => {
  const names = new Names(
    new Map([
      ["door.ts", `export type { Shown } from "./config.ts";`],
      [
        "config.ts",
        `export interface Shown { readonly a: number }
         export interface Config extends Base {
           readonly read: number;
           readonly bound: number;
           readonly called: () => void;
           readonly written: number;
           readonly namesake: number;
         }
         export interface Base { readonly base: number }`,
      ],
      [
        "a.ts",
        `import type { Config } from "./config.ts";
         function f(config: Config, { namesake }: { namesake: number }) {
           const { bound: other } = config;
           const some: Pick<Config, "written"> = { written: 1 };
           config.called();
           return config.read + other + namesake;
         }`,
      ],
      [
        "test.ts",
        `import type { Config } from "./config.ts";
         export const f = (config: Config) => config.base;`,
      ],
    ]),
  );
  const unread = names.unreadFields("config.ts", {
    doors: ["door.ts"],
    isReader: (path) => path !== "test.ts",
  });
  assertEquals(unread, ["Config.written", "Config.namesake", "Base.base"]);
});

function labelOf({ path, name }: Export): string {
  return `${path} ${name}`;
}
