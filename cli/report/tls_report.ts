/**
 * A connection with the server's certificates and the verdict on them.
 *
 * @module
 */

import type { ConnectionInfo } from "../../connection/info.ts";
import type { Json } from "../base/run.ts";
import type { Paint } from "../base/style.ts";
import { infoJson, infoText } from "./connection.ts";
import {
  chainJson,
  chainText,
  type Judged,
  verdictJson,
  verdictText,
} from "./verdict.ts";

/** What is known of a connection. */
export interface TlsReport {
  /** Where it leads. */
  readonly target: string;
  /** The address on the other end, if it is a socket. */
  readonly address: string | undefined;
  /** The results of the handshake, if it succeeded. */
  readonly info: ConnectionInfo | undefined;
  /** What was found of the server's certificates, if it came to that. */
  readonly judged: Judged | undefined;
  /** Whether a session was resumed, where that was tried. */
  readonly resumption: "resumed" | "not resumed" | "no session" | undefined;
}

/** What `--json` says of a connection. */
export function reportJson(report: TlsReport, now: Date): Json {
  const { target, address, info, judged, resumption } = report;
  return {
    target,
    address: address ?? null,
    connection: info === undefined ? null : infoJson(info),
    chain: judged === undefined ? [] : chainJson(judged.chain, now),
    verdict: judged === undefined ? null : verdictJson(judged),
    resumption: resumption ?? null,
  };
}

/** A connection, for people. */
export function reportText(
  report: TlsReport,
  now: Date,
  paint: Paint,
): string[] {
  const { target, address, info, judged, resumption } = report;
  const state = info === undefined
    ? paint("bad", "No connection")
    : paint("good", "Connected");
  return [
    `${state} to ${target}${address === undefined ? "" : ` at ${address}`}`,
    ...info === undefined ? [] : infoText(info, paint),
    ...judged === undefined ? [] : [
      ...chainText(judged.chain, now, paint),
      ...verdictText(judged, paint),
    ],
    ...resumption === undefined ? [] : [
      `${paint("title", "Resumption")}: ${
        paint(resumption === "resumed" ? "good" : "warning", resumption)
      }`,
    ],
  ];
}
