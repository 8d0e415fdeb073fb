/**
 * `ciphers`: which suites a cipher string selects, as `openssl ciphers -v` says it.
 *
 * @module
 */

import { InvalidArgumentError, Option } from "commander";
import { parseCipherString } from "../../crypto/suites/cipher_string.ts";
import {
  type CipherSuiteInfo,
  listCipherSuites,
} from "../../crypto/suites/lists.ts";
import { weakCipherSuites } from "../../crypto/suites/weak_cipher_suites.ts";
import type { Define } from "../base/define.ts";
import { Failure } from "../base/exit.ts";
import type { CommonFlags, Outcome } from "../base/run.ts";

interface Flags extends CommonFlags {
  readonly protocol?: string;
  readonly legacy?: boolean;
  readonly names: "openssl" | "iana" | "both";
}

/** Defines the command. */
export const defineCiphers: Define = (program, run) => {
  program.command("ciphers")
    .summary("list the suites that a cipher string selects")
    .description(
      "Lists the cipher suites that an OpenSSL cipher string selects, in order of preference, as openssl ciphers -v does; without a string, all that there are.",
    )
    .argument("[string]", 'such as "ECDHE+AESGCM:!aRSA"')
    .option(
      "--protocol <version>",
      "only those of 1.3, 1.2, 1.1 or 1.0",
      version,
    )
    .option("--legacy", "the weak ones too, which ./legacy has")
    .addOption(
      new Option("--names <kind>", "whose names come first in a line")
        .choices(["openssl", "iana", "both"]).default("openssl"),
    )
    .action(
      run<Flags>(
        "ciphers",
        (_session, flags, text) => Promise.resolve(ciphers(text, flags)),
      ),
    );
};

function ciphers(text: string | undefined, flags: Flags): Outcome {
  const suites = select(text, flags);
  return {
    result: { cipherSuites: suites.map((suite) => ({ ...suite })) },
    text: suites.map((suite) => lineOf(suite, flags)),
  };
}

function select(
  text: string | undefined,
  { protocol, legacy }: Flags,
): CipherSuiteInfo[] {
  const legacySuites = legacy ? Object.values(weakCipherSuites) : [];
  const version = protocol === undefined ? {} : { protocol };
  try {
    if (text !== undefined) {
      const { cipherSuites } = parseCipherString(text, { legacySuites });
      return listCipherSuites({ ...version, cipherSuites });
    }
    return [
      ...listCipherSuites(version),
      ...legacy
        ? listCipherSuites({ ...version, cipherSuites: legacySuites })
        : [],
    ];
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw new Failure("usage", cause.message, { cause });
  }
}

function lineOf(suite: CipherSuiteInfo, { names }: Flags): string {
  const { name, opensslName, description } = suite;
  if (names === "openssl") return description;
  const rest = description.slice(Math.max(30, opensslName.length));
  return names === "iana"
    ? name.padEnd(50) + rest
    : `${name.padEnd(50)} ${description}`;
}

function version(text: string): string {
  const [, digits] = /^(?:tls)?v?(1(?:\.[0-3])?)$/i.exec(text) ?? [];
  if (digits === undefined) {
    throw new InvalidArgumentError("Expected 1.3, 1.2, 1.1 or 1.0.");
  }
  return `TLSv${digits.replace(/\.0$/, "")}`;
}
