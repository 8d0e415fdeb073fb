#!/usr/bin/env bash
# Packages: deno 2.9.6 and node 26.10.0 (npm, which installs the programs).
#
# RFC 5280 section 4.2.1.6 (Subject Alternative Name): among the kinds of
# GeneralName are otherName and registeredID. RFC 4985 section 2 has the name of a
# service, an otherName.
#
# Expected: X509Certificate.subjectAltName of Deno's node:crypto lists each name of
# the extension, as Node.js does.
# What happens: it leaves out these two kinds, and says nothing. With them alone the
# property is undefined, as for a certificate without the extension.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >npm.log
npm install --no-audit --no-fund deno@2.9.6 node@26.10.0 >>npm.log

make() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem \
    -out "$1" -subj /CN=test -addext "subjectAltName=$2" 2>openssl.log
}
others='RID:2.999.5,otherName:1.3.6.1.5.5.7.8.7;IA5STRING:_xmpp.example.org'
make all.pem "DNS:example.org,$others"
make others.pem "$others"

cat >run.cjs <<'EOF'
const { X509Certificate } = require("node:crypto");
const { readFileSync } = require("node:fs");
for (const name of ["all.pem", "others.pem"]) {
  console.log(name, JSON.stringify(new X509Certificate(readFileSync(name)).subjectAltName));
}
EOF
node_modules/.bin/node --version
node_modules/.bin/node run.cjs | tee node.txt
node_modules/.bin/deno --version | head -n 1
node_modules/.bin/deno run -A run.cjs | tee deno.txt
diff node.txt - <<'EXPECTED'
all.pem "DNS:example.org, Registered ID:2.999.5, othername:SRVName:_xmpp.example.org"
others.pem "Registered ID:2.999.5, othername:SRVName:_xmpp.example.org"
EXPECTED
diff deno.txt - <<'EXPECTED'
all.pem "DNS:example.org"
others.pem undefined
EXPECTED
echo "As stated: otherName and registeredID are left out."
