/**
 * `connect`: a handshake, what came out of it, and then a pipe.
 *
 * @module
 */

import type { Command } from "commander";
import type { TlsConn } from "../../connection/conn.ts";
import type { ClientOptions } from "../../connection/options/options.ts";
import { TlsCertificateError } from "../../x509/certificate/errors.ts";
import { Session } from "../../handshake/session/session.ts";
import { Failure } from "../base/exit.ts";
import { checkOutputs, readInput, writeOutput } from "../base/files.ts";
import type { Define } from "../base/define.ts";
import { type Outcome, type Run, writeLines } from "../base/run.ts";
import { checked, clientOptions } from "../net/client_options.ts";
import {
  connectTarget,
  nameOfTarget,
  type Target,
  targetOf,
} from "../net/dial.ts";
import {
  addDialOptions,
  addTlsOptions,
  type DialFlags,
  type TlsFlags,
} from "../net/flags.ts";
import { judging } from "../net/judge.ts";
import { PageBook } from "../net/page_book.ts";
import { pipeTerminal } from "../net/pipe.ts";
import { SessionBox } from "../net/session_box.ts";
import { addWatchOptions, type WatchFlags } from "../net/watch.ts";
import {
  reportJson,
  reportText,
  type TlsReport,
} from "../report/tls_report.ts";

interface Flags extends DialFlags, TlsFlags, WatchFlags {
  readonly sessionIn?: string;
  readonly sessionOut?: string;
  readonly resume?: boolean;
  readonly earlyData?: string;
  readonly page?: string;
  /** `false` for `--no-pipe`. */
  readonly pipe: boolean;
  readonly crlf?: boolean;
  readonly ignoreEof?: boolean;
}

/** Defines the command. */
export const defineConnect: Define = (program, run) => {
  const command = program.command("connect")
    .summary("connect, show what was negotiated, then pipe")
    .description(
      "Connects, verifies the server and says what was negotiated; then standard input goes to the server, and what it sends to standard output. The end of standard input ends that direction alone (close_notify).",
    )
    .argument("<host>", "HOST, HOST:PORT or [ADDRESS]:PORT");
  addTlsOptions(addDialOptions(command));
  addOwnOptions(command).action(
    run<Flags>(
      "connect",
      (session, flags, host = "") =>
        connect(session, targetOf(host, flags), flags),
    ),
  );
};

function addOwnOptions(command: Command): Command {
  return addWatchOptions(command)
    .option("--session-in <file>", "offer the session in this file")
    .option("--session-out <file>", "keep the session that the server gives")
    .option("--resume", "connect twice: is the session resumed?")
    .option("--early-data <file>", "send it with the resumed ClientHello")
    .option("--page <file>", "write a page of the connection, byte by byte")
    .option("--no-pipe", "close after the report")
    .option("--crlf", "turn line feeds of standard input into CR LF")
    .option("--ignore-eof", "keep sending open when standard input ends");
}

async function connect(
  run: Run,
  target: Target,
  flags: Flags,
): Promise<Outcome> {
  const { system } = run;
  const { page, sessionOut, keyLog } = flags;
  await checkOutputs(system, [page, sessionOut, keyLog], { replace: true });
  const box = new SessionBox();
  const book = page === undefined
    ? undefined
    : new PageBook(page, nameOfTarget(target));
  const early = await earlyDataOf(run, flags);
  const base = checked({
    ...await clientOptions(system, flags),
    ...await sessionOf(run, flags),
    onSession: (session) => box.put(session),
  });
  const { options, found } = judging(base);
  const now = new Date();
  const known = { target: nameOfTarget(target), address: undefined };
  let report: TlsReport = {
    ...known,
    info: undefined,
    judged: undefined,
    resumption: undefined,
  };
  try {
    const opened = await open(target, options, { flags, box, book, early });
    const { conn } = opened;
    // What the server did not take early is sent now, and not again.
    if (early !== undefined && conn.info.earlyData !== "accepted") {
      await conn.write(early);
    }
    report = {
      ...report,
      address: addressOf(conn),
      info: conn.info,
      judged: found.judged,
      resumption: opened.resumption,
    };
    return await use(run, conn, flags, report, box);
  } catch (error) {
    if (report.info !== undefined) throw error;
    // A chain that was refused is shown with its reasons.
    report = { ...report, judged: found.judged };
    return {
      error,
      result: reportJson(report, now),
      text: error instanceof TlsCertificateError
        ? reportText(report, now, run.paint(system.stdout))
        : [],
    };
  } finally {
    await book?.write(system);
  }
}

/** Prints the report, and pipes. */
async function use(
  run: Run,
  conn: TlsConn,
  flags: Flags,
  report: TlsReport,
  box: SessionBox,
): Promise<Outcome> {
  const { system } = run;
  const now = new Date();
  const isPiped = flags.pipe && !flags.json;
  let hasEnded = true;
  try {
    if (isPiped) {
      if (!flags.quiet) {
        const paint = run.paint(system.stderr);
        await writeLines(system.stderr, reportText(report, now, paint));
      }
      hasEnded = await pipeTerminal(run, conn, flags);
    } else if (flags.sessionOut !== undefined) {
      // TLS 1.3 sends it behind the handshake.
      await box.wait(conn);
    }
    await keepSession(run, flags, box);
  } catch (error) {
    conn.abort(error);
    throw error;
  }
  // A server that was left would have us wait once more.
  if (hasEnded) await conn.close();
  else conn.abort();
  return {
    result: reportJson(report, now),
    text: isPiped ? [] : reportText(report, now, run.paint(system.stdout)),
  };
}

interface Opened {
  readonly conn: TlsConn;
  readonly resumption: TlsReport["resumption"];
}

interface Opening {
  readonly flags: Flags;
  readonly box: SessionBox;
  /** What keeps the connections for a page. */
  readonly book: PageBook | undefined;
  /** What to send with the ClientHello that resumes a session. */
  readonly early: Uint8Array | undefined;
}

/** Connects; with `--resume` once more, with the session of the first time. */
async function open(
  target: Target,
  options: ClientOptions,
  { flags: { resume }, box, book, early: earlyData }: Opening,
): Promise<Opened> {
  const dial = (title: string, options: ClientOptions) => {
    const kept = book?.open(title, options) ?? { options, tap: undefined };
    return connectTarget(target, kept.options, kept.tap);
  };
  const conn = await dial(
    resume ? "First connection" : "Connection",
    resume ? options : { ...options, earlyData },
  );
  if (!resume) return { conn, resumption: undefined };
  const session = await box.wait(conn);
  if (session === undefined) return { conn, resumption: "no session" };
  await conn.close();
  const second = await dial("Second connection", {
    ...options,
    session,
    earlyData,
  });
  return {
    conn: second,
    resumption: second.info.resumed ? "resumed" : "not resumed",
  };
}

async function earlyDataOf(
  { system }: Run,
  { earlyData, resume, sessionIn }: Flags,
): Promise<Uint8Array | undefined> {
  if (earlyData === undefined) return undefined;
  if (!resume && sessionIn === undefined) {
    throw new Failure(
      "usage",
      "Cannot use --early-data without a session: expected --resume or --session-in",
    );
  }
  return await readInput(system, earlyData);
}

async function sessionOf(
  { system }: Run,
  { sessionIn }: Flags,
): Promise<ClientOptions> {
  if (sessionIn === undefined) return {};
  const bytes = await readInput(system, sessionIn);
  return { session: Session.import(bytes) };
}

async function keepSession(
  run: Run,
  { sessionOut }: Flags,
  box: SessionBox,
): Promise<void> {
  if (sessionOut === undefined) return;
  const { session } = box;
  if (session === undefined) {
    throw new Failure(
      "tls",
      `Cannot keep a session in "${sessionOut}": the server gave none`,
      { code: "no_session" },
    );
  }
  // It holds a secret, and is of use once: the next one replaces it.
  const how = { secret: true, replace: true };
  await writeOutput(run.system, sessionOut, session.export(), how);
}

function addressOf({ remoteAddr }: TlsConn): string | undefined {
  if (remoteAddr === undefined || !("hostname" in remoteAddr)) return undefined;
  const { hostname, port } = remoteAddr;
  return hostname.includes(":")
    ? `[${hostname}]:${port}`
    : `${hostname}:${port}`;
}
