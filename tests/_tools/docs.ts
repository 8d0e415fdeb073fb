/**
 * Writes anew what in `docs/` is made of the code: what stands between
 * `<!-- made:NAME -->` and `<!-- /made -->`.
 *
 * ```sh
 * deno task docs
 * ```
 *
 * @module
 */

import { attackRows } from "../attacks/_page.ts";
import { ROOT } from "./_graph.ts";
import { commandDocs } from "./_command_docs.ts";
import { migrationTable } from "./_migration.ts";
import { optionTables } from "./_option_docs.ts";
import { plan, rooms } from "./_plan.ts";

/** What is made, by its name. */
const PARTS: Readonly<Record<string, () => string | Promise<string>>> = {
  options: optionTables,
  deno: () => migrationTable("deno"),
  node: () => migrationTable("node"),
  go: () => migrationTable("go"),
  tcl: () => migrationTable("tcl"),
  attacks: attackRows,
  plan,
  rooms,
  commands: commandDocs,
};

/** The files with such parts, each with what it should have. */
export async function* madeDocs(): AsyncGenerator<
  { path: string; text: string; made: string; parts: string[] }
> {
  for await (const { name } of Deno.readDir(new URL("docs", ROOT))) {
    if (!name.endsWith(".md")) continue;
    const path = `docs/${name}`;
    const text = await Deno.readTextFile(new URL(path, ROOT));
    const parts = [...text.matchAll(PART)].map(([, part = ""]) => part);
    yield { path, text, parts, made: await make(text) };
  }
}

/** The names of all parts. */
export const partNames: readonly string[] = Object.keys(PARTS);

async function make(text: string): Promise<string> {
  let made = text;
  for (const [whole, part = ""] of text.matchAll(PART)) {
    const content = await PARTS[part]?.();
    if (content === undefined) throw new Error(`Nothing makes "${part}"`);
    made = made.replace(
      whole,
      () => `<!-- made:${part} -->\n\n${content}\n\n<!-- /made -->`,
    );
  }
  return made === text ? text : await format(made);
}

async function format(text: string): Promise<string> {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--ext", "md", "-"],
    cwd: ROOT,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = command.stdin.getWriter();
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
  const { success, stdout, stderr } = await command.output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

const PART = /<!-- made:(\w+) -->[\s\S]*?<!-- \/made -->/g;

if (import.meta.main) {
  for await (const { path, text, made } of madeDocs()) {
    if (text === made) continue;
    await Deno.writeTextFile(new URL(path, ROOT), made);
    console.log(`${path} is written anew`);
  }
}
