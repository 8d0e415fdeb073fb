/**
 * The rows for what a connection gives to the protocols above it: keying
 * material (RFC 5705, RFC 9846 section 7.5) and channel bindings (RFC 5929,
 * RFC 9266). Each conversation of all rows compares them too, as far as both
 * programs tell them; these fail where one of the two does not.
 *
 * @module
 */

import { both, converse, type Row } from "./conversation.ts";
import type { Report, Version } from "./peer.ts";

/** All of them, for that version. */
export function rowsExporter(version: Version): Row[] {
  const rows = [
    sharedRow("exporter", version, ["exported"]),
    sharedRow("exporter with a context", version, ["exportedWithContext"]),
    sharedRow("exporter of a resumed session", version, ["exported"], true),
    sharedRow("tls-exporter", version, ["tlsExporter"]),
    sharedRow("tls-server-end-point", version, ["tlsServerEndPoint"]),
  ];
  // TLS 1.3 has none (RFC 9846 appendix C.5).
  if (version === "TLSv1.3") return rows;
  return [
    ...rows,
    sharedRow("tls-unique", version, ["tlsUnique"]),
    sharedRow("tls-unique of a resumed session", version, ["tlsUnique"], true),
  ];
}

function sharedRow(
  name: string,
  version: Version,
  share: readonly (keyof Report)[],
  resumed = false,
): Row {
  return {
    name: `${version} ${name}`,
    applies: both(({ versions, reports, features }) =>
      versions.includes(version) &&
      share.every((field) => reports.includes(field)) &&
      (!resumed || features.includes("resumption"))
    ),
    run: (pair) =>
      converse(pair, {
        client: { versions: [version, version], resume: resumed },
        server: { versions: [version, version] },
        expect: { version, resumed },
        share,
      }),
  };
}
