/**
 * Reading certificates, and finding one in a store.
 *
 * @module
 */

import { rootCertificates } from "node:tls";
import { Certificate, TrustStore } from "../x509/mod.ts";
import { opensslEntries } from "../tests/x509/_openssl_certificates.ts";

const roots = Certificate.fromPem(rootCertificates.join("\n"));
const [leaf] = opensslEntries.map(({ pem }) => Certificate.fromPem(pem)[0]);
if (leaf === undefined) throw new TypeError("There is no certificate");
const store = TrustStore.mozilla();
let turn = 0;

Deno.bench("Certificate.parse(): roots of Mozilla's list in turn", () => {
  Certificate.parse((roots[turn++ % roots.length] ?? leaf).raw);
});

Deno.bench("Certificate.parse(): one with 19 names and 8 extensions", () => {
  Certificate.parse(leaf.raw);
});

Deno.bench("Certificate.fromPem(): one", () => {
  Certificate.fromPem(rootCertificates[0] ?? "");
});

Deno.bench("TrustStore.findBySubject() among Mozilla's", () => {
  store.findBySubject((roots[turn++ % roots.length] ?? leaf).subjectName);
});
