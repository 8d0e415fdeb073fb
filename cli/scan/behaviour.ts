/**
 * How a server behaves besides: tickets, renegotiation, fallback, small groups.
 *
 * @module
 */

import type { Session } from "../../handshake/session/session.ts";
import { SessionBox } from "../net/session_box.ts";
import { type FoundVersion, only } from "./negotiation.ts";
import type { Prober } from "./probe.ts";

/** What else was found of a server. */
export interface Behaviour {
  /** Whether sessions are given and resumed, by version. */
  readonly resumption: Readonly<Record<string, "resumed" | "given" | "none">>;
  /** Up to TLS 1.2: whether renegotiation is bound to the connection (RFC 5746). */
  readonly secureRenegotiation: boolean | undefined;
  /** Up to TLS 1.2: whether a client may start a renegotiation. */
  readonly clientRenegotiation: boolean | undefined;
  /** Up to TLS 1.2: extended_main_secret (RFC 7627). */
  readonly extendedMainSecret: boolean | undefined;
  /** Whether it notices a version that was lowered (RFC 7507). */
  readonly fallbackScsv: boolean | undefined;
  /** Whether it has DHE with a group of less than 2048 bits. */
  readonly smallDhGroup: boolean | undefined;
  /** What it chooses of "h2" and "http/1.1". */
  readonly alpnProtocol: string | undefined;
  /** Whether it staples an OCSP response. */
  readonly ocspStapled: boolean;
}

/** Finds out all of that. */
export async function findBehaviour(
  prober: Prober,
  versions: readonly FoundVersion[],
): Promise<Behaviour> {
  const old = versions.find(({ version }) => version <= "TLSv1.2");
  const oldInfo = old && await prober.info(only(old.version));
  const info = await prober.info({ alpnProtocols: ["h2", "http/1.1"] });
  const resumption: Record<string, "resumed" | "given" | "none"> = {};
  for (const { version } of versions) {
    if (version < "TLSv1.2") continue;
    resumption[version] = await resumptionOf(prober, version);
  }
  return {
    resumption,
    secureRenegotiation: oldInfo?.secureRenegotiation,
    clientRenegotiation: old && await mayRenegotiate(prober, old),
    extendedMainSecret: oldInfo?.extendedMainSecret,
    fallbackScsv: await noticesFallback(prober, versions),
    smallDhGroup: await hasSmallDhGroup(prober, versions),
    alpnProtocol: info?.alpnProtocol,
    ocspStapled: info?.ocspResponse !== undefined,
  };
}

async function resumptionOf(
  prober: Prober,
  version: FoundVersion["version"],
): Promise<"resumed" | "given" | "none"> {
  const box = new SessionBox();
  const onSession = (session: Session) => box.put(session);
  const session = await prober.connect(
    { ...only(version), onSession },
    (conn) => box.wait(conn),
  );
  if (session === undefined) return "none";
  const info = await prober.info({ ...only(version), session });
  return info?.resumed ? "resumed" : "given";
}

async function mayRenegotiate(
  prober: Prober,
  { version }: FoundVersion,
): Promise<boolean | undefined> {
  return await prober.connect(only(version), async (conn) => {
    if (!conn.info.secureRenegotiation) return undefined;
    try {
      await conn.renegotiate();
      return true;
    } catch {
      // By an alert, by closing, or by a silence.
      return false;
    }
  });
}

async function noticesFallback(
  prober: Prober,
  versions: readonly FoundVersion[],
): Promise<boolean | undefined> {
  const [highest, lower] = versions;
  if (highest === undefined || lower === undefined) return undefined;
  // Of TLS 1.3 the random tells it, without that value (RFC 9846 4.2.3).
  const [from, to] = highest.version === "TLSv1.3"
    ? [lower, versions[2]]
    : [highest, lower];
  if (from === undefined || to === undefined) return undefined;
  const info = await prober.info({ ...only(to.version), fallback: true });
  return info === undefined;
}

async function hasSmallDhGroup(
  prober: Prober,
  versions: readonly FoundVersion[],
): Promise<boolean | undefined> {
  const found = versions.find(({ version, cipherSuites }) =>
    version !== "TLSv1.3" &&
    cipherSuites.some(({ keyExchange }) => keyExchange === "DHE")
  );
  if (found === undefined) return undefined;
  const cipherSuites = found.cipherSuites
    .filter(({ keyExchange }) => keyExchange === "DHE");
  // A server that has no groups of RFC 7919 uses its own.
  const info = await prober.info({
    ...only(found.version),
    cipherSuites,
    minDhSize: 2048,
  });
  return info === undefined;
}
