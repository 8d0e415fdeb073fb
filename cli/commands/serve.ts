/**
 * `serve`: a TLS server that echoes, serves files, or ends TLS in front of a
 * plain back end.
 *
 * @module
 */

import type { Command } from "commander";
import type { ListenOptions } from "../../connection/options/listen_options.ts";
import type { Define } from "../base/define.ts";
import { Failure } from "../base/exit.ts";
import { checkOutputs } from "../base/files.ts";
import type { CommonFlags, Outcome, Run } from "../base/run.ts";
import { addVersionOptions, listed, type VersionFlags } from "../net/flags.ts";
import { addWatchOptions } from "../net/watch.ts";
import { Announcer } from "../serve/announcer.ts";
import { serveConnections } from "../serve/connections.ts";
import { serveFiles } from "../serve/files.ts";
import { type IdentityFlags, serverOptions } from "../serve/server_options.ts";

interface Flags extends CommonFlags, VersionFlags, IdentityFlags {
  readonly echo?: boolean;
  readonly files?: string;
  readonly backend?: string;
  readonly hostname?: string;
  readonly port: string;
  readonly unix?: string;
  readonly once?: boolean;
}

/** Defines the command. */
export const defineServe: Define = (program, run) => {
  const command = program.command("serve")
    .summary("serve an echo, files, or a plain back end over TLS")
    .description(
      "Listens with TLS until SIGINT or SIGTERM. Without a certificate it makes one for localhost, which nobody trusts, or which the authority of --ca issues.",
    )
    .option("--echo", "send back what comes (default)")
    .option("--files <folder>", "serve the files of a folder over HTTP")
    .option("--backend <host:port>", "pass plain bytes on to that server")
    .option("--hostname <address>", "where to listen (default: 127.0.0.1)")
    .option("--port <number>", "0 for any free port", "8443")
    .option("--unix <path>", "listen on a unix socket")
    .option("--once", "end after the first connection");
  addIdentityOptions(addVersionOptions(command)).action(
    run<Flags>("serve", (session, flags) => serve(session, flags)),
  );
};

function addIdentityOptions(command: Command): Command {
  return addWatchOptions(command)
    .option("--cert <file>", "certificate with its chain, in PEM")
    .option("--key <file>", "its private key")
    .option("--pfx <file>", "both, in PKCS #12")
    .option("--passphrase <source>", "of the key: file:PATH or env:NAME")
    .option("--ca <folder>", "issue one by the authority of ca init")
    .option("--name <name>", "for this name (also with --acme)", listed)
    .option("--client-ca <file>", "demand client certificates of these", listed)
    .option("--acme", "get certificates for --name automatically")
    .option("--acme-directory <url>", "of that authority")
    .option("--acme-ca-file <file>", "trust these for its directory", listed)
    .option("--acme-email <address>", "where it may write to")
    .option("--acme-store <folder>", "where to keep what comes")
    .option("--agree", "to the terms of service of that authority")
    .option("--ech <file>", "open encrypted ClientHellos by a key of ech make");
}

async function serve(run: Run, flags: Flags): Promise<Outcome> {
  const ways = [
    flags.echo ? "--echo" : [],
    flags.files ? "--files" : [],
    flags.backend ? "--backend" : [],
  ].flat();
  if (ways.length > 1) {
    throw new Failure("usage", `Cannot use ${ways.join(" and ")} together`);
  }
  await checkOutputs(run.system, [flags.keyLog], { replace: true });
  const stop = new AbortController();
  run.system.onStop(() => stop.abort());
  const announcer = new Announcer(run);
  const made = await serverOptions(run, flags, stop.signal);
  const options: ListenOptions = {
    ...made.options,
    ...placeOf(flags),
    onHandshakeError: (error, { remoteAddr }) =>
      announcer.failed(error, remoteAddr),
  };
  try {
    const given = {
      run,
      options,
      stop,
      announcer,
      isOnce: flags.once ?? false,
    };
    await (flags.files === undefined
      ? serveConnections(given, flags.backend)
      : serveFiles(given, flags.files));
  } finally {
    await made.close();
  }
  return { result: announcer.summary };
}

function placeOf(
  { unix, hostname, port }: Flags,
): Pick<ListenOptions, "path" | "hostname" | "port"> {
  if (unix !== undefined && hostname !== undefined) {
    throw new Failure("usage", "Cannot use --unix and --hostname together");
  }
  if (unix !== undefined) return { path: unix };
  const number = Number(port);
  if (/^\d+$/.test(port) && number <= 65_535) {
    return { hostname: hostname ?? "127.0.0.1", port: number };
  }
  throw new Failure(
    "usage",
    `Cannot use --port "${port}": expected 0 to 65535`,
  );
}
