#!/usr/bin/env bash
# Packages: deno 2.9.6 and node 26.10.0 (npm, which installs the programs).
#
# RFC 9525 section 6.3 (Matching the DNS Domain Name Portion): labels are compared
# without regard to case, and a "*" that is the whole left-most label of the
# certificate's name matches one label.
#
# Expected: X509Certificate.checkHost() of Deno's node:crypto returns the name of
# the certificate that matched, as Node.js does.
# What happens: it is undefined for each name under a wildcard, and for a name in
# other letters. tls.checkServerIdentity(), with the same certificate as an object,
# takes them: a program that asks the certificate refuses what the connection took.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >npm.log
npm install --no-audit --no-fund deno@2.9.6 node@26.10.0 >>npm.log

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem \
  -out certificate.pem -subj /CN=test \
  -addext 'subjectAltName=DNS:example.org,DNS:*.example.com' 2>openssl.log
openssl x509 -in certificate.pem -noout -checkhost www.example.com
openssl x509 -in certificate.pem -noout -checkhost Example.ORG

cat >run.cjs <<'EOF'
const { X509Certificate } = require("node:crypto");
const { readFileSync } = require("node:fs");
const { checkServerIdentity } = require("node:tls");
const certificate = new X509Certificate(readFileSync("certificate.pem"));
for (const host of ["example.org", "Example.ORG", "www.example.com"]) {
  const error = checkServerIdentity(host, certificate.toLegacyObject());
  console.log(host, certificate.checkHost(host), error === undefined ? "taken" : "refused");
}
EOF
node_modules/.bin/node --version
node_modules/.bin/node run.cjs | tee node.txt
node_modules/.bin/deno --version | head -n 1
node_modules/.bin/deno run -A run.cjs | tee deno.txt
diff node.txt - <<'EXPECTED'
example.org example.org taken
Example.ORG example.org taken
www.example.com *.example.com taken
EXPECTED
diff deno.txt - <<'EXPECTED'
example.org example.org taken
Example.ORG undefined taken
www.example.com undefined taken
EXPECTED
echo "As stated: checkHost() knows no wildcard and minds the case."
