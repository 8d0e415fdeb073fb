/**
 * Puts the flaw of each attack into a copy of the sources, one after the other,
 * and runs the test that plays the attack: without the flaw it passes, with it
 * it fails. Outside of CI, as it takes minutes. An argument is a part of the
 * names of the attacks that alone are tried.
 *
 * @module
 */

import { copyTree } from "../_tools/_files.ts";
import { type Attack, attacks } from "./_attacks.ts";

/** Milliseconds that a test may take: without its bound, one takes for ever. */
const PATIENCE = 300_000;

const [wanted = ""] = Deno.args;
const folder = await Deno.makeTempDir({ prefix: "x-tls-attacks-" });
let missed = 0;
try {
  const root = await copyTree(folder);
  for (const attack of attacks) {
    if (!attack.name.includes(wanted)) continue;
    const result = await tryOut(attack, root);
    if (result !== "noticed") missed++;
    console.log(`${result.padEnd(22)} ${attack.name}`);
  }
} finally {
  await Deno.remove(folder, { recursive: true });
}
if (missed > 0) Deno.exit(1);

/** What became of an attack's test without and with its flaw. */
async function tryOut(
  { test, flaw }: Attack,
  root: string,
): Promise<"noticed" | "not noticed" | "fails without it" | "finds no test"> {
  const before = await runTest(root, test);
  if (before.ran === 0) return "finds no test";
  if (!before.passed) return "fails without it";
  const path = `${root}/${flaw.file}`;
  const source = await Deno.readTextFile(path);
  try {
    await Deno.writeTextFile(path, source.replace(flaw.from, () => flaw.to));
    const { passed } = await runTest(root, test);
    return passed ? "not noticed" : "noticed";
  } finally {
    await Deno.writeTextFile(path, source);
  }
}

async function runTest(
  cwd: string,
  { file, title }: Attack["test"],
): Promise<{ passed: boolean; ran: number }> {
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["test", "-A", "--no-check", "--filter", title, file],
    cwd,
    env: { NO_COLOR: "1" },
    signal: AbortSignal.timeout(PATIENCE),
  }).output();
  const text = new TextDecoder().decode(stdout);
  // How many ran is not said where the time was over: that is a failure, too.
  const ran = Number(/(\d+) passed/.exec(text)?.[1] ?? 0) +
    Number(/(\d+) failed/.exec(text)?.[1] ?? 0);
  return { passed: success, ran };
}
