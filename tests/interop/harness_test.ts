/**
 * The peers against one another: shows that the programs, their reports and
 * the rows are right, without any part of this module but the certificates.
 *
 * @module
 */

import { deno } from "./_peers/deno.ts";
import { gnutls, gnutlsMissing } from "./_peers/gnutls.ts";
import { go, goMissing } from "./_peers/go.ts";
import { bothRoles, testMatrix } from "./_peers/matrix.ts";
import { node, nodeMissing } from "./_peers/node.ts";
import { openssl, opensslMissing } from "./_peers/openssl.ts";
import { rowsTls13 } from "./_peers/rows.ts";

const others = [
  { peer: go, missing: goMissing },
  { peer: gnutls, missing: gnutlsMissing },
  { peer: node, missing: nodeMissing },
  { peer: deno, missing: undefined },
];

for (const { peer, missing } of others) {
  testMatrix({
    name: `OpenSSL and ${peer.name}`,
    missing: opensslMissing ?? missing,
    columns: bothRoles(openssl, peer),
    rows: rowsTls13(),
  });
}
