/**
 * The shim between BoringSSL's TLS test runner and this module: one process a
 * test, which dials the runner, speaks TLS with it as client or server, and
 * tells by its exit code whether all was as the flags say.
 *
 * ```sh
 * runner -shim-path SHIM -shim-config tests/conformance/bogo/config.json
 * ```
 *
 * @module
 */

import {
  client,
  server,
  type TlsConn,
  TlsEchRejectedError,
} from "../../../mod.ts";
import { loadCredentials } from "./credentials.ts";
import { echoEarlyData, runDataPhase, shutDown } from "./data_phase.ts";
import { describeError } from "./error_tokens.ts";
import {
  checkEchRejection,
  checkHandshake,
  expectRejection,
  type Outcome,
  Unexpected,
} from "./expectations.ts";
import {
  type Flags,
  NotImplemented,
  parseFlags,
  type TestFlags,
} from "./flags.ts";
import { Observer } from "./observer.ts";
import { clientOptions, serverOptions, TestState } from "./settings.ts";
import { dialRunner } from "./transport.ts";

/** What the runner reads of an exit code. */
const ExitCode = { fine: 0, failed: 1, notImplemented: 89 } as const;

async function main(args: readonly string[]): Promise<number> {
  try {
    const flags = parseFlags(args);
    if (flags.initial.has("is-handshaker-supported")) {
      await write(Deno.stdout, "No\n");
      return ExitCode.fine;
    }
    const state = await TestState.begin(flags);
    const count = (flags.initial.number("resume-count") ?? 0) + 1;
    for (let i = 0; i < count; i++) {
      await runConnection(state, flags, i > 0);
    }
    return ExitCode.fine;
  } catch (error) {
    await write(Deno.stderr, `${describeError(error)}\n`);
    return error instanceof NotImplemented
      ? ExitCode.notImplemented
      : ExitCode.failed;
  }
}

async function runConnection(
  state: TestState,
  { initial, resume, retry }: TestFlags,
  isResume: boolean,
): Promise<void> {
  const flags = isResume ? resume : initial;
  const observer = new Observer();
  state.current = { flags, observer };
  state.isResume = isResume;
  state.retry = isResume ? retry : flags;
  if (isResume && !flags.has("server") && state.session === undefined) {
    throw new Unexpected("No session to offer");
  }
  const credentials = await loadCredentials(flags);
  const socket = await dialRunner(flags);
  const conn = flags.has("server")
    ? server(socket.duplex, serverOptions(state, credentials))
    : client(socket.duplex, clientOptions(state, credentials));
  try {
    const early = echoEarlyData(conn, flags);
    // Once a client's early data is rejected, other flags hold.
    const before = { conn, flags, observer, credentials, isResume };
    await exchange(before, isResume ? retry : flags);
    await early;
  } catch (error) {
    if (error instanceof TlsEchRejectedError) {
      checkEchRejection(state.retry, error);
    }
    throw error;
  } finally {
    conn.abort();
    await socket.finish();
  }
  state.session = observer.session;
  state.clock += 1000 * (flags.number("resumption-delay") ?? 0);
}

async function exchange(offered: Outcome, retry: Flags): Promise<void> {
  const { conn, observer } = offered;
  let outcome = offered;
  if (!offered.flags.has("implicit-handshake")) {
    await conn.handshake();
    if (!offered.flags.has("server") && conn.info.earlyData === "rejected") {
      expectRejection(offered.flags);
      outcome = { ...offered, flags: retry };
    }
  }
  const { flags } = outcome;
  if (!flags.has("implicit-handshake")) {
    await conn.handshake();
    if (flags.has("handshake-never-done")) {
      throw new Unexpected("The handshake came to its end");
    }
    checkHandshake(outcome);
    if (flags.has("handshake-twice") || flags.has("no-op-extra-handshake")) {
      await conn.handshake();
    }
  }
  await runDataPhase(conn, flags, observer);
  const renegotiations = conn.info.version === "TLSv1.3"
    ? 0
    : observer.clientHellos - 1;
  if (renegotiations !== (flags.number("expect-total-renegotiations") ?? 0)) {
    throw new Unexpected(`There were ${renegotiations} renegotiations`);
  }
  const trace = flags.text("expect-msg-callback");
  if (trace && trace !== observer.trace) {
    throw new Unexpected(`Messages: ${observer.trace}, wanted ${trace}`);
  }
  if (flags.has("send-alert")) return;
  checkTickets(conn, flags, observer);
  await shutDown(conn, flags);
}

/** Tickets of TLS 1.3 come after the handshake. */
function checkTickets(conn: TlsConn, flags: Flags, observer: Observer): void {
  if (!flags.has("server") && conn.info.version === "TLSv1.3") {
    const wanted = !flags.has("expect-no-session") &&
      !flags.has("shim-shuts-down");
    if (wanted !== observer.newSessions > 0) {
      throw new Unexpected(`There were ${observer.newSessions} new sessions`);
    }
    const { session } = observer;
    if (
      flags.has("expect-ticket-supports-early-data") && session !== undefined &&
      session.maxEarlyData === 0
    ) throw new Unexpected("The ticket does not allow early data");
  }
}

async function write(
  to: { write(bytes: Uint8Array): Promise<number> },
  text: string,
): Promise<void> {
  await to.write(new TextEncoder().encode(text));
}

Deno.exit(await main(Deno.args));
