/**
 * `pfx`: keys and certificates in PKCS #12.
 *
 * @module
 */

import { formatPem } from "../../x509/asn1/pem.ts";
import { parsePfx, type PfxIdentity } from "../../x509/keys/pfx.ts";
import { pkcs8Of } from "../../x509/keys/private_key.ts";
import type { Define } from "../base/define.ts";
import { Failure } from "../base/exit.ts";
import {
  checkOutputs,
  makeFolder,
  readInput,
  readSecret,
  writeOutput,
} from "../base/files.ts";
import type { CommonFlags, Outcome, Run } from "../base/run.ts";
import { keyText } from "../report/certificate.ts";
import { chainJson, chainText } from "../report/verdict.ts";

interface Flags extends CommonFlags {
  readonly passphrase?: string;
}

interface ExtractFlags extends Flags {
  readonly out: string;
  readonly force?: boolean;
}

/** Defines the command, and those below it. */
export const definePfx: Define = (program, run) => {
  const command = program.command("pfx")
    .summary("read PKCS #12 files")
    .description("Keys and certificates in PKCS #12 (.pfx, .p12).");
  command.command("inspect")
    .description("Prints which certificates and what kind of key a file has.")
    .argument("<file>", "the file, or - for standard input")
    .option("--passphrase <source>", "file:PATH or env:NAME")
    .action(
      run<Flags>(
        "pfx inspect",
        (session, flags, path = "") => inspect(session, path, flags),
      ),
    );
  command.command("extract")
    .description(
      "Writes cert.pem (with the chain), key.pem (not encrypted) and ca.pem.",
    )
    .argument("<file>", "the file, or - for standard input")
    .requiredOption("--out <folder>", "where to write them")
    .option("--passphrase <source>", "file:PATH or env:NAME")
    .option("--force", "replace files that are there")
    .action(
      run<ExtractFlags>(
        "pfx extract",
        (session, flags, path = "") => extract(session, path, flags),
      ),
    );
};

async function inspect(
  run: Run,
  path: string,
  flags: Flags,
): Promise<Outcome> {
  const { chain, caCerts, key } = await read(run, path, flags);
  const now = new Date();
  const all = [...chain, ...caCerts.filter((one) => !chain.includes(one))];
  return {
    result: { key: keyText(key), certificates: chainJson(all, now) },
    text: [
      `Key: ${keyText(key)}`,
      ...chainText(all, now, run.paint(run.system.stdout)),
    ],
  };
}

async function extract(
  run: Run,
  path: string,
  { out, force = false, ...flags }: ExtractFlags,
): Promise<Outcome> {
  const { chain, caCerts, key } = await read(run, path, flags);
  const der = pkcs8Of(key);
  if (der === undefined) {
    throw new Failure("file", `Cannot extract the key of "${path}"`);
  }
  const roots = caCerts.filter((one) => !chain.includes(one));
  const files = new Map([
    [`${out}/cert.pem`, chain.map((one) => one.toPem()).join("")],
    [`${out}/key.pem`, formatPem("PRIVATE KEY", der)],
  ]);
  if (roots.length > 0) {
    files.set(`${out}/ca.pem`, roots.map((one) => one.toPem()).join(""));
  }
  await makeFolder(run.system, out);
  await checkOutputs(run.system, [...files.keys()], { replace: force });
  for (const [name, text] of files) {
    const secret = name.endsWith("key.pem");
    await writeOutput(run.system, name, text, { secret, replace: force });
  }
  return { result: { files: [...files.keys()] }, text: [...files.keys()] };
}

async function read(
  { system }: Run,
  path: string,
  { passphrase }: Flags,
): Promise<PfxIdentity> {
  const bytes = await readInput(system, path);
  return await parsePfx(
    bytes,
    passphrase === undefined
      ? {}
      : { passphrase: await readSecret(system, "--passphrase", passphrase) },
  );
}
