/**
 * `key`: private keys.
 *
 * @module
 */

import { equals } from "@std/bytes";
import { Option } from "commander";
import { sha256 } from "../../crypto/primitives/hash.ts";
import { encodeBase64 } from "../../encoding.ts";
import type { PublicKey } from "../../crypto/signatures/public_key.ts";
import { issueCertificate } from "../../x509/issue/issue.ts";
import { PrivateKey } from "../../x509/keys/private_key.ts";
import type { Define } from "../base/define.ts";
import { ExitCode } from "../base/exit.ts";
import {
  checkOutputs,
  isStdout,
  readInput,
  readSecret,
  writeOutput,
} from "../base/files.ts";
import type { CommonFlags, Json, Outcome, Run } from "../base/run.ts";
import { table } from "../base/style.ts";
import { fromFile } from "../net/certificates.ts";
import { keyText } from "../report/certificate.ts";

interface Flags extends CommonFlags {
  readonly passphrase?: string;
}

interface MakeFlags extends CommonFlags {
  readonly type: string;
  readonly out: string;
  readonly force?: boolean;
}

/** Defines the command, and those below it. */
export const defineKey: Define = (program, run) => {
  const command = program.command("key")
    .summary("inspect, match, make private keys")
    .description("Private keys.");
  const inspecting = command.command("inspect")
    .description("Prints what kind of key a file has. The key is not printed.")
    .argument("<file>", "PEM or DER, or - for standard input");
  const matching = command.command("match")
    .description("Exits with 1 if a certificate belongs to another key.")
    .argument("<key>", "the private key")
    .argument("<cert>", "the certificate");
  for (const each of [inspecting, matching]) {
    each.option("--passphrase <source>", "file:PATH or env:NAME");
  }
  inspecting.action(
    run<Flags>(
      "key inspect",
      (session, flags, path = "") => inspect(session, path, flags),
    ),
  );
  matching.action(
    run<Flags>(
      "key match",
      (session, flags, key = "", cert = "") =>
        match(session, [key, cert], flags),
    ),
  );
  command.command("make")
    .description("Makes a private key, in PEM (PKCS #8), for its owner's eyes.")
    .requiredOption("--out <file>", "where to write it; - for standard output")
    .addOption(
      new Option("--type <type>", "its kind").choices(TYPES).default("P-256"),
    )
    .option("--force", "replace a file that is there")
    .action(
      run<MakeFlags>("key make", (session, flags) => make(session, flags)),
    );
};

async function inspect(
  run: Run,
  path: string,
  flags: Flags,
): Promise<Outcome> {
  const key = await readKey(run, path, flags);
  const { publicKey, schemes } = key;
  return {
    result: { ...publicJson(publicKey), signatureSchemes: [...schemes] },
    text: table([
      ["key", keyText({ publicKey })],
      ["schemes", schemes.join(", ")],
      ["pin", `sha256/${pinOf(publicKey)}`],
    ]),
  };
}

async function match(
  run: Run,
  [keyPath, certPath]: readonly [string, string],
  flags: Flags,
): Promise<Outcome> {
  const { publicKey } = await readKey(run, keyPath, flags);
  const [leaf] = await fromFile(run, certPath);
  const isMatch = leaf !== undefined &&
    equals(leaf.publicKey.spki, publicKey.spki);
  const paint = run.paint(run.system.stdout);
  return {
    exitCode: isMatch ? ExitCode.ok : ExitCode.no,
    result: {
      isMatch,
      key: pinOf(publicKey),
      cert: leaf && pinOf(leaf.publicKey),
    },
    text: [
      isMatch
        ? paint("good", "The certificate belongs to the key.")
        : paint("bad", "The certificate belongs to another key."),
    ],
  };
}

async function make(
  { system }: Run,
  { out, type, force = false }: MakeFlags,
): Promise<Outcome> {
  const path = isStdout(out) ? undefined : out;
  await checkOutputs(system, [path], { replace: force });
  // A certificate comes with its key, whatever the kind.
  const { key, identity } = await issueCertificate({
    names: ["key"],
    keyType: type,
  });
  const { publicKey } = identity.key;
  if (path === undefined) {
    return {
      result: { file: null, pem: key, ...publicJson(publicKey) },
      content: key,
    };
  }
  await writeOutput(system, path, key, { secret: true, replace: force });
  return {
    result: { file: path, pem: null, ...publicJson(publicKey) },
    text: [`${path}: ${keyText({ publicKey })}`],
  };
}

async function readKey(
  { system }: Run,
  path: string,
  { passphrase }: Flags,
): Promise<PrivateKey> {
  const bytes = await readInput(system, path);
  return await PrivateKey.parse(
    bytes,
    passphrase === undefined
      ? {}
      : { passphrase: await readSecret(system, "--passphrase", passphrase) },
  );
}

function publicJson(key: PublicKey): { readonly [name: string]: Json } {
  return { key: keyText({ publicKey: key }), type: key.type, pin: pinOf(key) };
}

/** What is pinned of a key (RFC 7469 section 2.4). */
function pinOf({ spki }: PublicKey): string {
  return encodeBase64(sha256.digest(spki));
}

const TYPES = [
  "P-256",
  "P-384",
  "P-521",
  "rsa-2048",
  "rsa-3072",
  "rsa-4096",
  "ed25519",
  "ed448",
  "ml-dsa-44",
  "ml-dsa-65",
  "ml-dsa-87",
];
