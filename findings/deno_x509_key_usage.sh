#!/usr/bin/env bash
# Packages: deno 2.9.6 and node 26.10.0 (npm, which installs the programs).
#
# RFC 5280 has keyUsage (section 4.2.1.3, bits such as digitalSignature) and
# extKeyUsage (section 4.2.1.12, identifiers such as 1.3.6.1.5.5.7.3.1). By the
# documentation of Node.js the property X509Certificate.keyUsage of node:crypto
# holds, against its name, the second: an array of the extended key usages.
#
# Expected: Deno's node:crypto gives the same array as Node.js.
# What happens: it gives names of the first extension, in a spelling of its own,
# and undefined if there is none, although the extended ones are there. A program
# that looks for the identifier of a TLS server never finds it.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >npm.log
npm install --no-audit --no-fund deno@2.9.6 node@26.10.0 >>npm.log

make() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem \
    -out "$1" -subj /CN=test -addext extendedKeyUsage=serverAuth "${@:2}" 2>openssl.log
}
make extended.pem
make both.pem -addext keyUsage=digitalSignature,keyAgreement

cat >run.cjs <<'EOF'
const { X509Certificate } = require("node:crypto");
const { readFileSync } = require("node:fs");
for (const name of ["extended.pem", "both.pem"]) {
  const { keyUsage } = new X509Certificate(readFileSync(name));
  console.log(name, keyUsage === undefined ? "undefined" : keyUsage.join(" "));
}
EOF
node_modules/.bin/node --version
node_modules/.bin/node run.cjs | tee node.txt
node_modules/.bin/deno --version | head -n 1
node_modules/.bin/deno run -A run.cjs | tee deno.txt
diff node.txt - <<'EXPECTED'
extended.pem 1.3.6.1.5.5.7.3.1
both.pem 1.3.6.1.5.5.7.3.1
EXPECTED
diff deno.txt - <<'EXPECTED'
extended.pem undefined
both.pem DigitalSignature KeyAgreement
EXPECTED
echo "As stated: Deno's keyUsage is the other extension."
