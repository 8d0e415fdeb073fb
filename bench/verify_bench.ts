/** What a path of three against 150 roots costs: apart from its signatures, and with them. */

import { securityPolicy } from "../crypto/suites/security_level.ts";
import { hostnameError } from "../x509/certificate/hostname.ts";
import { issueCertificate } from "../x509/issue/issue.ts";
import { parseReferenceName } from "../x509/certificate/name_match.ts";
import { PathBuilder, type TrustAnchors } from "../x509/path/path.ts";
import { checkPath } from "../x509/path/path_rules.ts";
import { Certificate } from "../x509/certificate/certificate.ts";
import { TrustStore } from "../x509/trust/trust_store.ts";
import { verifyChain } from "../x509/path/verify.ts";
import { WorkBudget } from "../x509/certificate/work_budget.ts";

const roots = await Promise.all(
  Array.from(
    { length: 150 },
    (_, at) => issueCertificate({ ca: true, subject: `Root ${at}` }),
  ),
);
const root = roots[75];
if (root === undefined) throw new TypeError("no root");
const intermediate = await issueCertificate({
  ca: true,
  subject: "Intermediate",
  issuer: root,
});
const server = await issueCertificate({
  names: ["example.com"],
  issuer: intermediate,
});
const trust = TrustStore.of(roots.map(({ cert }) => cert).join(""));
const ders = server.identity.chain.map(({ raw }) => raw);
const now = new Date();
const security = securityPolicy();
const anchors: TrustAnchors = {
  size: trust.size,
  findBySubject: (name) => trust.findBySubject(name, "server"),
  has: (certificate) => trust.has(certificate, "server"),
};

/** Certificates as a handshake has them: just read. */
const read = () => ders.map((der) => Certificate.parse(der));

Deno.bench("verifyChain() apart from signatures, goal 300 µs", (b) => {
  const [leaf, ...intermediates] = read();
  if (leaf === undefined) throw new TypeError("no leaf");
  b.start();
  const budget = new WorkBudget();
  const builder = new PathBuilder({
    leaf,
    intermediates,
    anchors,
    now,
    budget,
  });
  const [path] = builder.paths();
  const errors = checkPath(path ?? [], true, {
    usage: "server",
    now,
    maxDepth: 10,
    security,
    policies: {},
    budget,
  });
  const mismatch = hostnameError(leaf, parseReferenceName("example.com"), []);
  b.end();
  if (path?.length !== 3 || errors.length > 0 || mismatch) {
    throw new TypeError("not verified");
  }
});

Deno.bench("verifyChain() with two P-256 signatures", async (b) => {
  const chain = read();
  b.start();
  const { status } = await verifyChain({ chain, trust, name: "example.com" });
  b.end();
  if (status !== "verified") throw new TypeError("not verified");
});
