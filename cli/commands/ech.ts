/**
 * `ech`: keys for Encrypted ClientHello.
 *
 * @module
 */

import { type Command, InvalidArgumentError, Option } from "commander";
import { type EchConfigInfo, echConfigs } from "../../ech/configs.ts";
import { echConfig } from "../../ech/make.ts";
import { formatPem } from "../../x509/asn1/pem.ts";
import type { Define } from "../base/define.ts";
import { Failure } from "../base/exit.ts";
import { checkOutputs, isStdout, writeOutput } from "../base/files.ts";
import type { CommonFlags, Json, Outcome, Run } from "../base/run.ts";
import { table } from "../base/style.ts";
import { readConfigList } from "../net/ech_option.ts";
import { shown } from "../report/certificate.ts";

interface MakeFlags extends CommonFlags {
  readonly out?: string;
  readonly configOut?: string;
  readonly curve: "x25519" | "secp256r1";
  readonly configId?: number;
  readonly maximumNameLength: number;
  readonly force?: boolean;
}

/** Defines the command, and those below it. */
export const defineEch: Define = (program, run) => {
  const command = program.command("ech")
    .summary("make and read keys for Encrypted ClientHello")
    .description("Keys for Encrypted ClientHello (RFC 9849).");
  addMakeOptions(
    command.command("make")
      .description(
        "Makes a key: a PEM file for the server (RFC 9934), and the value of the parameter ech for the record of type HTTPS in the DNS.",
      )
      .argument("<name>", "the public name, which everyone sees"),
  ).action(
    run<MakeFlags>(
      "ech make",
      (session, flags, name = "") => make(session, name, flags),
    ),
  );
  command.command("inspect")
    .description("Prints what configurations say.")
    .argument("<source>", "a PEM file, or the value of the parameter ech")
    .action(run<CommonFlags>("ech inspect", inspect));
};

function addMakeOptions(command: Command): Command {
  return command
    .option(
      "--out <file>",
      "where to write the key with its configuration (default: standard output)",
    )
    .option("--config-out <file>", "where to write the configuration alone")
    .addOption(
      new Option("--curve <name>", "the curve of the key")
        .choices(["x25519", "secp256r1"]).default("x25519"),
    )
    .option("--config-id <number>", "tells the server's keys apart", byte)
    .option(
      "--maximum-name-length <number>",
      "the length of the server's longest name",
      byte,
      0,
    )
    .option("--force", "replace files that are there");
}

async function make(
  { system }: Run,
  publicName: string,
  { configOut, force = false, ...flags }: MakeFlags,
): Promise<Outcome> {
  const out = isStdout(flags.out) ? undefined : flags.out;
  await checkOutputs(system, [out, configOut], { replace: force });
  const { pem, configList, svcParam } = await made(publicName, flags);
  const files: string[] = [];
  if (out !== undefined) {
    await writeOutput(system, out, pem, { secret: true, replace: force });
    files.push(out);
  }
  if (configOut !== undefined) {
    const text = formatPem("ECHCONFIG", configList);
    await writeOutput(system, configOut, text, { replace: force });
    files.push(configOut);
  }
  return {
    // Without a file the key is what was asked for.
    result: {
      publicName,
      svcParam,
      files,
      configs: configsJson(pem),
      pem: out === undefined ? pem : null,
    },
    ...out === undefined ? { content: pem } : {},
    text: [`ech="${svcParam}"`, ...files],
  };
}

async function made(
  publicName: string,
  { curve, configId, maximumNameLength }: MakeFlags,
): ReturnType<typeof echConfig> {
  try {
    return await echConfig({ publicName, curve, configId, maximumNameLength });
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw new Failure("usage", cause.message, { cause });
  }
}

async function inspect(
  { system }: Run,
  _flags: CommonFlags,
  source = "",
): Promise<Outcome> {
  const list = await readConfigList(system, source);
  return {
    result: configsJson(list),
    text: echConfigs(list).flatMap(configText),
  };
}

function configsJson(list: string | Uint8Array): Json {
  return echConfigs(list).map((config) => ({
    publicName: config.publicName ?? null,
    configId: config.configId ?? null,
    kem: config.kem ?? null,
    cipherSuites: [...config.cipherSuites],
    maximumNameLength: config.maximumNameLength ?? null,
    unusable: config.unusable ?? null,
  }));
}

function configText(config: EchConfigInfo): string[] {
  const { publicName, configId, kem, cipherSuites, unusable } = config;
  return table([
    ["public name", publicName && shown(publicName)],
    ["config_id", configId === undefined ? undefined : String(configId)],
    ["KEM", kem],
    ["suites", cipherSuites.join("; ") || undefined],
    ["longest name", config.maximumNameLength?.toString()],
    ["unusable", unusable],
  ]);
}

function byte(text: string): number {
  const number = Number(text);
  if (text !== "" && Number.isInteger(number) && number >= 0 && number < 256) {
    return number;
  }
  throw new InvalidArgumentError("Expected a whole number from 0 to 255.");
}
