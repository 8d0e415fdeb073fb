/**
 * What an error means for somebody who has to repair it: what is wrong, and what
 * to do.
 *
 * @module
 */

import { listCipherSuites } from "../../crypto/suites/lists.ts";
import { TlsError } from "../../errors.ts";
import { TlsCertificateError } from "../../x509/certificate/errors.ts";
import { describeError } from "../base/exit.ts";
import { certificateReason } from "./certificate_reasons.ts";
import type { Case, Reason } from "./reason.ts";

/** Why a connection failed. */
export function reasonFor(error: unknown, given: Case): Reason {
  if (error instanceof TlsCertificateError) {
    return certificateReason(error, given);
  }
  const { code, alert } = describeError(error);
  // Up to TLS 1.2 there is no alert that says so (RFC 5246 section 7.4.6).
  const find = given.isCertificateWanted
    ? certificateWanted
    : REASONS[code] ?? REASONS[alert ?? ""];
  return find?.(given, error) ?? otherwise(error);
}

/** The error's own words: most say what to do themselves. */
function otherwise(error: unknown): Reason {
  const { code, message } = describeError(error);
  return { code, wrong: `${message}.`, todo: "" };
}

/** A server that ends the handshake by an alert that names no reason. */
function nothingInCommon({ name, lesser }: Case): Reason {
  const code = "nothing_in_common";
  if (lesser === undefined) {
    return {
      code,
      wrong:
        `The server at ${name} refused the handshake, also with every suite, group and version that this program has.`,
      todo:
        "It may need a client certificate (--cert, --key) or another name (--server-name); its own log says more.",
    };
  }
  const { version = "", cipherSuite } = lesser;
  const isUsual = version >= "TLSv1.2" && listCipherSuites()
    .some(({ name, isDefault }) => isDefault && name === cipherSuite);
  if (isUsual) {
    return {
      code,
      wrong:
        `The server at ${name} accepts ${version} with ${cipherSuite}, which the options leave out.`,
      todo: "Leave out options that limit versions, suites or groups.",
    };
  }
  return {
    code,
    wrong:
      `The server at ${name} accepts nothing but what is too weak: ${version} with ${cipherSuite}.`,
    todo:
      "Update the server, or turn on TLS 1.2 or 1.3 with AEAD suites there; until then, programs must allow it by name (here: --legacy).",
  };
}

const REASONS: Readonly<
  Record<string, (given: Case, error: unknown) => Reason>
> = {
  not_tls: ({ name }, error) => ({
    code: "not_tls",
    wrong: `What answers at ${name} does not speak TLS${protocolOf(error)}.`,
    todo: adviceFor(error),
  }),
  protocol_version: (given) => oldVersion(given),
  no_common_version: (given) => oldVersion(given),
  handshake_failure: nothingInCommon,
  insufficient_security: nothingInCommon,
  no_common_cipher_suite: nothingInCommon,
  no_common_group: nothingInCommon,
  illegal_parameter: nothingInCommon,
  unrecognized_name: ({ name, host }) => ({
    code: "unrecognized_name",
    wrong: `The server at ${name} has no certificate for the name "${host}".`,
    todo:
      "Set up that name on the server, or ask for one that it has (--server-name).",
  }),
  certificate_required: certificateWanted,
  no_application_protocol: ({ name }) => ({
    code: "no_application_protocol",
    wrong: `The server at ${name} speaks none of the protocols in --alpn.`,
    todo: "Leave --alpn out to see which one it chooses.",
  }),
  truncated: ({ name }) => ({
    code: "truncated",
    wrong:
      `The server at ${name} closed the connection in the middle of the handshake, without a reason.`,
    todo:
      "A proxy or firewall may forbid it, the server may not know the name that was asked for (--server-name), or it crashed: its log says more.",
  }),
  connection_reset: ({ name }) => ({
    code: "connection_reset",
    wrong:
      `The connection to ${name} was reset in the middle of the handshake.`,
    todo:
      "A firewall may forbid it, or the server does not speak TLS at that port.",
  }),
};

function certificateWanted({ name }: Case): Reason {
  return {
    code: "certificate_required",
    wrong:
      `The server at ${name} demands a client certificate, and none was given.`,
    todo:
      "Get one from the server's operator, and pass it with --cert and --key.",
  };
}

function oldVersion({ name, lesser }: Case): Reason {
  const code = "old_version";
  if (lesser === undefined) {
    return {
      code,
      wrong:
        `The server at ${name} shares no version of TLS with this program, which has 1.0 to 1.3.`,
      todo:
        "It may have SSL 3.0 alone, which is broken (RFC 7568): update the server.",
    };
  }
  return {
    code,
    wrong:
      `The server at ${name} speaks ${lesser.version} at most, which is forbidden since 2021 (RFC 8996).`,
    todo:
      "Turn on TLS 1.2 or 1.3 on the server; until then, programs must allow it by name (here: --min-version 1.0).",
  };
}

function protocolOf(error: unknown): string {
  const [, protocol] = /the peer speaks ([^,]+), not TLS/.exec(
    error instanceof TlsError ? error.message : "",
  ) ?? [];
  return protocol === undefined ? "" : `, but ${protocol}`;
}

function adviceFor(error: unknown): string {
  const text = error instanceof TlsError ? error.message : "";
  const [, start] = STARTS.find(([pattern]) => pattern.test(text)) ?? [];
  if (start !== undefined) {
    return `Start TLS within that protocol (--starttls ${start}), or use its port for TLS from the first byte on.`;
  }
  return /HTTP/.test(text)
    ? "Use the port for HTTPS, usually 443, or turn TLS on at this one."
    : "Check the port, and that TLS is turned on there.";
}

const STARTS: readonly (readonly [RegExp, string])[] = [
  [/SMTP/, "smtp"],
  [/IMAP/, "imap"],
  [/POP3/, "pop3"],
  [/FTP/, "ftp"],
  [/MySQL|MariaDB/, "mysql"],
  [/PostgreSQL/, "postgres"],
  [/NATS/, "nats"],
  [/XMPP/, "xmpp"],
];
