/**
 * What shows a connection from within: the key log and the trace.
 *
 * @module
 */

import type { Command } from "commander";
import { keyLogFile } from "../../connection/key_log_file.ts";
import type { TlsOptions } from "../../connection/options/options.ts";
import type { System } from "../base/system.ts";

/** What is to be shown. */
export interface WatchFlags {
  readonly keyLog?: string;
  readonly trace?: boolean;
  readonly traceFields?: boolean;
}

/** The options of what is to be shown. */
export function addWatchOptions(command: Command): Command {
  return command
    .option("--key-log <file>", "append the secrets (also SSLKEYLOGFILE)")
    .option("--trace", "print records and messages to standard error")
    .option("--trace-fields", "the same, and all fields of the messages");
}

/** The options of a connection; every command honours SSLKEYLOGFILE. */
export function watching(
  system: System,
  { keyLog, trace, traceFields }: WatchFlags,
): Pick<TlsOptions, "keyLog" | "trace" | "traceDepth"> {
  const file = keyLog ?? system.variable("SSLKEYLOGFILE");
  const bytes = new TextEncoder();
  return {
    ...file === undefined ? {} : { keyLog: keyLogFile(file) },
    ...trace || traceFields
      ? {
        traceDepth: traceFields ? "fields" : "messages",
        trace: (line) => {
          // Order is that of the calls: nobody waits for a terminal.
          system.stderr.write(bytes.encode(`${line}\n`)).catch(() => {});
        },
      }
      : {},
  };
}
