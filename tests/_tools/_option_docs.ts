/**
 * What the documentation of the options says, read from their types.
 *
 * @module
 */

import {
  type OptionName,
  optionNames,
  type Row,
  table,
} from "../../connection/options/table.ts";
import { modulesIn, ROOT } from "./_graph.ts";

/** An option as one of the interfaces has it. */
export interface OptionDoc {
  /** The interface, such as `"ClientOptions"`. */
  readonly of: string;
  /** The text, without tags. */
  readonly doc: string;
  /** What `@default` says. */
  readonly default: string | undefined;
}

/** Reads all of them. */
export async function optionDocs(): Promise<Map<string, OptionDoc[]>> {
  const docs = new Map<string, OptionDoc[]>();
  const paths = (await modulesIn(["connection/options"]))
    .filter((path) => path.endsWith("options.ts"));
  // What one call means by an option comes after what all mean by it.
  paths.sort((a, b) => Number(OF_A_CALL.test(a)) - Number(OF_A_CALL.test(b)));
  for (const path of paths) {
    const text = await Deno.readTextFile(new URL(path, ROOT));
    for (const [name, doc] of readInterfaces(text)) {
      docs.set(name, [...docs.get(name) ?? [], doc]);
    }
  }
  return docs;
}

/** `docs/options.md`: a table for each kind of options. */
export async function optionTables(): Promise<string> {
  const docs = await optionDocs();
  return GROUPS.map(({ title, text, has }) => {
    const names = optionNames.filter((name) => has(table[name]));
    return [
      `## ${title}`,
      "",
      text,
      "",
      "| option | holds for | default | what it does |",
      "| --- | --- | --- | --- |",
      ...names.map((name) => row(name, docs.get(name) ?? [])),
    ].join("\n");
  }).join("\n\n");
}

function row(name: OptionName, docs: readonly OptionDoc[]): string {
  const own = docs.filter(({ of }) => isOwn(table[name], of));
  const told = (own.length > 0 ? own : docs.slice(0, 1))
    .map(({ of, doc }) =>
      `${own.length > 1 ? CALLS[of] ?? "" : ""}${first(doc)}`
    );
  const defaults = new Set(
    docs.map((doc) => doc.default).filter((value) => value !== undefined),
  );
  const { scope } = table[name];
  const value = [...defaults].map(code).join(", ") || "—";
  return `| \`${name}\` | ${scope} | ${value} | ${told.join(" ")} |`;
}

/** An address means other things to `connect` and to `listen`. */
function isOwn({ scope }: Row, of: string): boolean {
  return scope === "address" && of in CALLS;
}

/** The first sentence, as one line of a table. */
function first(doc: string): string {
  const [sentence = doc] = /^[\s\S]*?\.(?=\s|$)/.exec(doc) ?? [];
  return sentence.replace(/\s+/g, " ").replaceAll("|", "\\|");
}

/** A value as code; words stay words. */
function code(value: string): string {
  const isValue = /^[\["\d-]|^(true|false)$/.test(value);
  return isValue ? `\`${value}\`` : value.replaceAll("|", "\\|");
}

function* readInterfaces(text: string): Generator<[string, OptionDoc]> {
  const interfaces = text.split(/^export interface (?=\w+Options\b)/m).slice(1);
  for (const part of interfaces) {
    const [of = ""] = /^\w+/.exec(part) ?? [];
    const members = part.slice(0, part.search(/^}$/m)).matchAll(
      /^ {2}\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\n {2}(?:readonly )?(\w+)\?:/gm,
    );
    for (const [, comment = "", name = ""] of members) {
      const whole = comment.replace(/^ *\* ?/gm, "").trim();
      const told = /@default \{([\s\S]*?)\}(?:\s|$)/.exec(whole)?.[1];
      const doc = whole.replace(/@default \{[\s\S]*?\}(?=\s|$)/, "").trim();
      yield [name, { of, doc, default: told?.replace(/\s+/g, " ") }];
    }
  }
}

/** Files with the options of single calls. */
const OF_A_CALL = /\/(connect|listen|http|fetch)_options\.ts$/;

const CALLS: Readonly<Record<string, string>> = {
  ConnectOptions: "`connect`: ",
  ListenOptions: "`listen`: ",
};

const GROUPS = [{
  title: "Both sides",
  text:
    "`connect`, `client`, `listen`, `server`, `createTransform` and `createContext` have these.",
  has: ({ side, scope }: Row) => side === "both" && scope !== "address",
}, {
  title: "Clients",
  text: "`connect`, `client` and the client of `createTransform` have these.",
  has: ({ side, scope }: Row) => side === "client" && scope !== "fetch",
}, {
  title: "Servers",
  text:
    "`listen`, `serve`, `server` and the server of `createTransform` have these.",
  has: ({ side, scope }: Row) =>
    side === "server" && scope !== "listener" && scope !== "http",
}, {
  title: "Addresses",
  text: "`connect`, `listen` and `serve` have these.",
  has: ({ scope }: Row) => scope === "address",
}, {
  title: "Listeners",
  text: "`listen` and `serve` have these.",
  has: ({ scope }: Row) => scope === "listener",
}, {
  title: "HTTP, servers",
  text: "`serve` alone has these.",
  has: ({ scope }: Row) => scope === "http",
}, {
  title: "HTTP, clients",
  text:
    "`createFetch` alone has these, besides `path` and what clients have; `session`, `signal` and `initialData` are for single connections.",
  has: ({ scope }: Row) => scope === "fetch",
}];
