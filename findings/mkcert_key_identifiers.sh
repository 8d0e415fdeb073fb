#!/usr/bin/env bash
# Packages: mkcert 3.2.0 (npm); OpenSSL verifies (seen with 3.0.19).
#
# RFC 5280 section 4.2.1.1: the keyIdentifier of authorityKeyIdentifier MUST be in all
# certificates of conforming CAs, but for self-signed ones. Section 4.2.1.2: the
# subjectKeyIdentifier MUST be in all certificates of a CA.
#
# Expected: a certificate of createCert() verifies under the CA of createCA(), with
# the strict checks of RFC 5280 too. Python 3.13 and later turn those on for each TLS
# client that uses ssl.create_default_context().
# What happens: neither extension is written. Without the strict checks the chain is
# valid, with them it is refused: "Missing Authority Key Identifier".
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >npm.log
npm install --ignore-scripts --no-audit --no-fund mkcert@3.2.0 >>npm.log

cat >run.mjs <<'EOF'
import { writeFileSync } from "node:fs";
import { createCA, createCert } from "mkcert";

const ca = await createCA({
  organization: "Test",
  countryCode: "GB",
  state: "State",
  locality: "Town",
  validity: 30,
});
const certificate = await createCert({ ca, domains: ["localhost"], validity: 30 });
writeFileSync("ca.pem", ca.cert);
writeFileSync("certificate.pem", certificate.cert);
EOF
node -p '"mkcert " + JSON.parse(fs.readFileSync("node_modules/mkcert/package.json")).version'
node run.mjs
openssl verify -CAfile ca.pem certificate.pem
if openssl verify -x509_strict -CAfile ca.pem certificate.pem >strict.txt 2>&1; then
  echo "The strict checks pass now"
  exit 1
fi
grep 'Missing' strict.txt | tee missing.txt
diff missing.txt - <<'EXPECTED'
error 85 at 0 depth lookup: Missing Authority Key Identifier
error 86 at 1 depth lookup: Missing Subject Key Identifier
EXPECTED
echo "As stated: the key identifiers are missing."
