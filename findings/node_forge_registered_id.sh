#!/usr/bin/env bash
# Package: node-forge 1.4.3 (npm).
#
# RFC 5280 section 4.2.1.6 (Subject Alternative Name): a GeneralName may be a
# registeredID, an OBJECT IDENTIFIER. node-forge has two ways to give one to
# setExtensions(): the member `oid`, and the member `value`, which its source
# calls deprecated.
#
# Expected: both write the same extension.
# What happens: `oid` throws "oid.split is not a function", since the identifier
# is converted to DER twice. The deprecated `value` works.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >npm.log
npm install --ignore-scripts --no-audit --no-fund node-forge@1.4.3 >>npm.log

cat >run.mjs <<'EOF'
import { strictEqual } from "node:assert";
import { createRequire } from "node:module";
import forge from "node-forge";

const require = createRequire(import.meta.url);
console.log("node-forge", require("node-forge/package.json").version);

const withName = (name) => {
  const certificate = forge.pki.createCertificate();
  certificate.setExtensions([
    { name: "subjectAltName", altNames: [{ type: 8, ...name }] },
  ]);
  return forge.asn1.toDer(certificate.extensions[0].value).toHex();
};

let message = "no error";
try {
  withName({ oid: "1.2.3.4" });
} catch (error) {
  message = error.message;
}
console.log("oid:  ", message);
const der = withName({ value: "1.2.3.4" });
console.log("value:", der);

strictEqual(message, "oid.split is not a function", "`oid` behaves otherwise");
// SEQUENCE { [8] 1.2.3.4 }
strictEqual(der, "300588032a0304", "`value` behaves otherwise");
EOF
node run.mjs
echo "As stated: oid fails, the deprecated value works."
