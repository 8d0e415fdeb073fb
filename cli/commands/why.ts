/**
 * `why`: one paragraph that says what is wrong with a server, and what to do.
 *
 * @module
 */

import type { TlsConn } from "../../connection/conn.ts";
import type { ConnectionInfo } from "../../connection/info.ts";
import type { ClientOptions } from "../../connection/options/options.ts";
import type { Define } from "../base/define.ts";
import { describeError, Failure } from "../base/exit.ts";
import type { Outcome, Run } from "../base/run.ts";
import { count, wrap } from "../base/style.ts";
import { clientOptions, weakestOptions } from "../net/client_options.ts";
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
import { daysLeft, shown } from "../report/certificate.ts";
import type { Judged } from "../report/verdict.ts";
import type { Case, Reason } from "../why/reason.ts";
import { reasonFor } from "../why/reasons.ts";

type Flags = DialFlags & TlsFlags;

/** Defines the command. */
export const defineWhy: Define = (program, run) => {
  const command = program.command("why")
    .summary("say what is wrong with a server, and what to do")
    .description(
      "Connects, and says in one paragraph what is wrong, if anything is, and what to do about it.",
    )
    .argument("<host>", "HOST, HOST:PORT or [ADDRESS]:PORT");
  addTlsOptions(addDialOptions(command)).action(
    run<Flags>(
      "why",
      (session, flags, host = "") => why(session, targetOf(host, flags), flags),
    ),
  );
};

async function why(run: Run, target: Target, flags: Flags): Promise<Outcome> {
  const base = await clientOptions(run.system, flags);
  const asked = { isAsked: false };
  const { options, found } = judging({
    ...base,
    onEvent: (event) => {
      if (event.type === "certificate_not_sent") asked.isAsked = true;
    },
  });
  try {
    const conn = await connectTarget(target, options);
    if (asked.isAsked) await lateRefusal(conn);
    const { info } = conn;
    await conn.close();
    return told(run, wellText(target, info, found.judged));
  } catch (error) {
    // Files and arguments have nothing to do with the server.
    const { kind } = describeError(error);
    if (["usage", "file", "internal"].includes(kind)) throw error;
    const given: Case = {
      name: nameOfTarget(target),
      host: base.serverName || target.host,
      now: new Date(),
      judged: found.judged,
      isCertificateWanted: asked.isAsked,
      lesser: asked.isAsked ? undefined : await lesser(target, options, error),
    };
    return told(run, reasonFor(error, given), error);
  }
}

function told(run: Run, reason: Reason, error?: unknown): Outcome {
  const { code, wrong, todo } = reason;
  const text = [wrong, todo].filter((part) => part !== "").join(" ");
  return {
    error,
    isTold: true,
    result: { code, wrong, todo },
    text: wrap(text, run.width(run.system.stdout)),
  };
}

/**
 * A server of TLS 1.3 refuses a client without a certificate behind the
 * handshake: waits a moment for that.
 *
 * @throws {TlsError} If it does so.
 */
async function lateRefusal(conn: TlsConn): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, PATIENCE);
  try {
    await Promise.race([conn.read(new Uint8Array(1)), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Tries again with all that is weak, where that is what the server may have. */
async function lesser(
  target: Target,
  options: ClientOptions,
  error: unknown,
): Promise<ConnectionInfo | undefined> {
  const { code, alert, kind } = describeError(error);
  if (kind !== "tls" || ![code, alert].some((name) => WEAK.has(name ?? ""))) {
    return undefined;
  }
  try {
    const weak = weakestOptions(options);
    const conn = await connectTarget(target, weak);
    const { info } = conn;
    await conn.close();
    return info;
  } catch (cause) {
    if (cause instanceof Failure && cause.kind === "usage") throw cause;
    return undefined;
  }
}

function wellText(
  target: Target,
  info: ConnectionInfo,
  judged: Judged | undefined,
): Reason {
  const name = nameOfTarget(target);
  const { version, cipherSuite, group } = info;
  const spoken = `${version} with ${cipherSuite}${
    group === undefined ? "" : ` and ${group}`
  }`;
  const [leaf] = judged?.chain ?? [];
  if (leaf === undefined) {
    return {
      code: "ok",
      wrong: `All is well: ${name} speaks ${spoken}.`,
      todo: "",
    };
  }
  const days = daysLeft(leaf, new Date());
  const trusted = judged?.status === "verified"
    ? "is trusted"
    : "was not verified";
  return {
    code: "ok",
    wrong: `All is well: ${name} speaks ${spoken}; its certificate of ${
      shown(leaf.issuer)
    } ${trusted} and valid for ${count(days, "day")} more.`,
    todo: days < SOON ? "Renew it soon." : "",
  };
}

/** Errors behind which may stand a server that has nothing but weak things. */
const WEAK: ReadonlySet<string> = new Set([
  "protocol_version",
  "no_common_version",
  "handshake_failure",
  "insufficient_security",
  "no_common_cipher_suite",
  "no_common_group",
  "illegal_parameter",
]);

/** Milliseconds. */
const PATIENCE = 1000;

/** Days. */
const SOON = 14;
