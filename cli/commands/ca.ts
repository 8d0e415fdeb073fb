/**
 * `ca`: an authority for development.
 *
 * @module
 */

import { Option } from "commander";
import {
  issueCertificate,
  type IssuedCertificate,
  type IssueOptions,
} from "../../x509/issue/issue.ts";
import type { Define } from "../base/define.ts";
import { Failure } from "../base/exit.ts";
import {
  checkOutputs,
  makeFolder,
  readText,
  writeOutput,
} from "../base/files.ts";
import type { CommonFlags, Outcome, Run } from "../base/run.ts";
import { readAuthority } from "../net/authority.ts";
import { listed } from "../net/flags.ts";
import { defineInstallHint } from "./ca_install_hint.ts";

interface InitFlags extends CommonFlags {
  readonly out: string;
  readonly name: string;
  readonly type: string;
  readonly permit?: readonly string[];
  readonly force?: boolean;
}

interface IssueFlags extends CommonFlags {
  readonly ca: string;
  readonly out: string;
  readonly type: string;
  readonly days?: string;
  readonly client?: boolean;
  readonly force?: boolean;
}

/** Defines the command, and those below it. */
export const defineCa: Define = (program, run) => {
  const command = program.command("ca")
    .summary("an authority for development")
    .description(
      "An authority for development and tests. With its key anyone can pass for any name with those who trust it: keep it on your machine.",
    );
  command.command("init")
    .description("Makes an authority: ca.pem, and its key in ca-key.pem.")
    .requiredOption("--out <folder>", "where to write them")
    .option("--name <name>", "its name", "Development CA")
    .option("--permit <name>", "let it issue for this domain alone", listed)
    .addOption(keyType())
    .option("--force", "replace files that are there")
    .action(
      run<InitFlags>("ca init", (session, flags) => init(session, flags)),
    );
  command.command("issue")
    .description(
      "Issues a certificate for names or addresses: NAME.pem with its chain, NAME-key.pem.",
    )
    .argument("<name...>", "DNS names, also with *, and IP addresses")
    .requiredOption("--ca <folder>", "the folder of ca init")
    .requiredOption("--out <folder>", "where to write them")
    .option("--days <number>", "for how long (default: 90)")
    .option("--client", "for a client, and not for a server")
    .addOption(keyType())
    .option("--force", "replace files that are there")
    .action(
      run<IssueFlags>(
        "ca issue",
        (session, flags, ...names) => issue(session, names, flags),
      ),
    );
  defineInstallHint(command, run);
};

async function init(run: Run, flags: InitFlags): Promise<Outcome> {
  const { permit } = flags;
  const made = await issued({
    names: [flags.name],
    ca: true,
    keyType: flags.type,
    ...permit === undefined ? {} : { nameConstraints: { permitted: permit } },
  });
  return await save(run, made, { ...flags, file: "ca" });
}

async function issue(
  run: Run,
  names: readonly string[],
  flags: IssueFlags,
): Promise<Outcome> {
  const { days, client } = flags;
  const file = fileName(names[0] ?? "");
  const authority = await readAuthority(run, flags.ca);
  await refuseOwnFiles(run, authority, outputs(flags.out, file));
  const made = await issued({
    names,
    issuer: authority,
    keyType: flags.type,
    ...days === undefined ? {} : { notAfter: inDays(days) },
    extendedKeyUsage: [client ? "clientAuth" : "serverAuth"],
  });
  return await save(run, made, { ...flags, file });
}

/**
 * Whatever the folder is called here, and with `--force` too: an authority whose
 * key is gone can issue nothing, and what it has issued is trusted no more.
 *
 * @throws {Failure} If one of the files is the authority's own.
 */
async function refuseOwnFiles(
  { system }: Run,
  { cert, key }: IssuedCertificate,
  paths: readonly string[],
): Promise<void> {
  for (const path of paths) {
    if (!/[/\\]ca(-key)?\.pem$/i.test(path)) continue;
    const text = await readText(system, path).catch(() => undefined);
    if (text !== cert && text !== key) continue;
    throw new Failure(
      "usage",
      `Cannot write "${path}": it is a file of the authority itself; name another folder with --out`,
    );
  }
}

interface SaveOptions {
  readonly out: string;
  readonly file: string;
  readonly force?: boolean;
}

async function save(
  { system }: Run,
  { cert, key, identity }: IssuedCertificate,
  { out, file, force = false }: SaveOptions,
): Promise<Outcome> {
  const [certFile, keyFile] = outputs(out, file);
  await makeFolder(system, out);
  await checkOutputs(system, [certFile, keyFile], { replace: force });
  await writeOutput(system, certFile, cert, { replace: force });
  await writeOutput(system, keyFile, key, { replace: force, secret: true });
  const [leaf] = identity.chain;
  return {
    result: {
      cert: certFile,
      key: keyFile,
      subject: leaf?.subject,
      notAfter: leaf?.notAfter.toISOString(),
      sha256: leaf?.fingerprint(),
    },
    text: [certFile, keyFile],
  };
}

function outputs(out: string, file: string): [cert: string, key: string] {
  return [`${out}/${file}.pem`, `${out}/${file}-key.pem`];
}

/** @throws {Failure} If the options are no good. */
async function issued(options: IssueOptions): Promise<IssuedCertificate> {
  try {
    return await issueCertificate(options);
  } catch (cause) {
    if (!(cause instanceof TypeError || cause instanceof RangeError)) {
      throw cause;
    }
    throw new Failure("usage", cause.message, { cause });
  }
}

function inDays(text: string): Date {
  const days = Number(text);
  if (days > 0 && days <= 36_500) return new Date(Date.now() + days * DAY);
  throw new Failure("usage", `Cannot use --days "${text}": expected a number`);
}

/** `*` and colons are no good in the names of files. */
function fileName(name: string): string {
  return name.replace(/^\*/, "_wildcard").replace(/[^\w.-]/g, "_");
}

function keyType(): Option {
  return new Option("--type <type>", "the kind of its key")
    .choices(["P-256", "P-384", "rsa-2048", "rsa-4096", "ed25519"])
    .default("P-256");
}

const DAY = 86_400_000;
