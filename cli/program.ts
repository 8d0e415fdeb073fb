/**
 * The commands, and how their arguments are read.
 *
 * @module
 */

import { Command, CommanderError } from "commander";
import { VERSION } from "../crypto/suites/lists.ts";
import { escapeText } from "../escape.ts";
import type { Define, MakeAction } from "./base/define.ts";
import { ExitCode, Failure } from "./base/exit.ts";
import { type Outcome, Run } from "./base/run.ts";
import type { System } from "./base/system.ts";
import { defineCa } from "./commands/ca.ts";
import { defineCert } from "./commands/cert.ts";
import { defineConnect } from "./commands/connect.ts";
import { defineCiphers } from "./commands/ciphers.ts";
import { defineCompletion } from "./commands/completion.ts";
import { defineCrl } from "./commands/crl.ts";
import { defineEch } from "./commands/ech.ts";
import { defineHandshakePage } from "./commands/handshake_page.ts";
import { defineKey } from "./commands/key.ts";
import { defineOcsp } from "./commands/ocsp.ts";
import { definePfx } from "./commands/pfx.ts";
import { defineScan } from "./commands/scan.ts";
import { defineServe } from "./commands/serve.ts";
import { defineWhy } from "./commands/why.ts";

/** What the arguments say to do. */
export interface Parsed {
  readonly run: Run;
  readonly outcome: Outcome;
}

/**
 * Reads the arguments, and runs the command that they name.
 *
 * @returns What came out, with errors in it: nothing is thrown.
 */
export async function perform(
  system: System,
  args: readonly string[],
): Promise<Parsed> {
  let run = new Run(system, "", { json: args.includes("--json") });
  let outcome: Outcome = {};
  const makeAction: MakeAction = (name, act) =>
    async function (...given) {
      const flags = this.opts();
      refuseOptionsAsValues(this, flags);
      run = new Run(system, name, flags);
      const count = this.registeredArguments.length;
      const words = given.slice(0, count).flat() as string[];
      outcome = await act(run, flags as Parameters<typeof act>[1], ...words);
    };
  const said: string[] = [];
  const program = makeProgram(makeAction, {
    width: run.width(system.stdout),
    say: (text) => said.push(text),
  });
  try {
    await program.parseAsync([...args], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) return { run, outcome: { error } };
    // Help and the version end like this, too.
    if (error.exitCode === 0 || error.code === "commander.help") {
      const text = said.join("").trimEnd().split("\n");
      // Without a command there is nothing to do.
      const exitCode = error.exitCode === 0 ? ExitCode.ok : ExitCode.usage;
      return { run: new Run(system, "help", {}), outcome: { text, exitCode } };
    }
    return { run, outcome: { error: usageError(error, args, program) } };
  }
  return { run, outcome };
}

/** How a program prints. */
interface Printing {
  readonly width: number;
  readonly say: (text: string) => void;
}

/** The program with all its commands. */
export function makeProgram(
  run: MakeAction,
  { width, say }: Printing,
): Command {
  const program = new Command(NAME)
    .description(
      "TLS on the command line: connections, what is wrong with them, certificates.",
    )
    .version(VERSION, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand("help [command]", "print the help of a command")
    .exitOverride()
    .configureOutput({
      writeOut: say,
      writeErr: say,
      getOutHelpWidth: () => width,
      getErrHelpWidth: () => width,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .showSuggestionAfterError();
  for (const define of DEFINITIONS) define(program, run);
  for (const command of leavesOf(program)) addCommonOptions(command);
  return program;
}

/** The commands without commands below them. */
function leavesOf(program: Command): Command[] {
  return program.commands.flatMap((command) =>
    command.commands.length === 0 ? [command] : leavesOf(command)
  );
}

function addCommonOptions(command: Command): void {
  command
    .option("--json", "print one JSON object")
    .option("-q, --quiet", "print less: no report, no remarks")
    .option("--no-color", "no colours (also NO_COLOR)");
}

/** The value of an option is whatever comes next, even the name of another. */
function refuseOptionsAsValues(
  { options }: Command,
  flags: Readonly<Record<string, unknown>>,
): void {
  for (const option of options) {
    const value = flags[option.attributeName()];
    const taken = options.find(({ long }) => long === value);
    if (taken === undefined) continue;
    throw new Failure(
      "usage",
      `Cannot use ${option.long}: expected ${
        option.flags.split(" ").at(-1)
      }, got the option ${taken.long}`,
      { hint: `See ${NAME} --help` },
    );
  }
}

/** What commander says, in the form of our errors. */
function usageError(
  { code, message }: CommanderError,
  args: readonly string[],
  program: Command,
): Failure {
  const [option = "", value = ""] = args.slice(-2);
  const text = message.replace(/^error: /, "").replace(/\s*\n\s*/g, " ")
    .replace(/\.+$/, "");
  // `connect --page a.test`: the option took the last word.
  const took = code === "commander.missingArgument" &&
    leavesOf(program).some(({ options }) =>
      options.some(({ required, long, short }) =>
        required && (long === option || short === option)
      )
    );
  const why = took ? `: "${value}" is the value of ${option}` : "";
  return new Failure("usage", capital(escapeText(text + why)), {
    hint: `See ${NAME} --help`,
  });
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const DEFINITIONS: readonly Define[] = [
  defineConnect,
  defineWhy,
  defineScan,
  defineServe,
  defineCert,
  defineCa,
  defineKey,
  definePfx,
  defineCrl,
  defineOcsp,
  defineCiphers,
  defineEch,
  defineHandshakePage,
  defineCompletion,
];

/** What the program is called in its texts. */
const NAME = "tls";
