#!/usr/bin/env bash
# Packages: deno 2.9.6 and node 26.10.0 (npm, which installs the programs).
#
# RFC 4514 section 2.4 (Converting an AttributeValue from ASN.1 to a String): a
# comma, a plus sign, a quotation mark, a backslash, angle brackets, a semicolon,
# and a space or "#" at the edge are escaped by a backslash.
#
# Expected: X509Certificate.subject of Deno's node:crypto is the text of Node.js,
# which has one line for each RDN, " + " between the attributes of one, and values
# escaped like that.
# What happens: there are no escapes, so the text differs from that of Node.js, and
# no reader of RFC 4514 gets the values back from it.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >npm.log
npm install --no-audit --no-fund deno@2.9.6 node@26.10.0 >>npm.log

make() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem \
    -out "$1" -subj "$2" -multivalue-rdn 2>openssl.log
  openssl x509 -in "$1" -noout -subject -nameopt RFC2253
}
make comma.pem '/O=Example, Inc.'
make edges.pem '/O=#1 "quoted" '
make attributes.pem '/O=one+OU=two'

cat >run.cjs <<'EOF'
const { X509Certificate } = require("node:crypto");
const { readFileSync } = require("node:fs");
for (const name of ["comma.pem", "edges.pem", "attributes.pem"]) {
  console.log(name, new X509Certificate(readFileSync(name)).subject);
}
EOF
node_modules/.bin/node --version
node_modules/.bin/node run.cjs | tee node.txt
node_modules/.bin/deno --version | head -n 1
node_modules/.bin/deno run -A run.cjs | tee deno.txt
diff node.txt - <<'EXPECTED'
comma.pem O=Example\, Inc.
edges.pem O=\#1 \"quoted\"\ 
attributes.pem O=one + OU=two
EXPECTED
diff deno.txt - <<'EXPECTED'
comma.pem O=Example, Inc.
edges.pem O=#1 "quoted" 
attributes.pem O=one + OU=two
EXPECTED
echo "As stated: nothing is escaped."
