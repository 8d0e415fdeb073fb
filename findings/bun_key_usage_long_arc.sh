#!/usr/bin/env bash
# Packages: bun 1.4.5 and node 26.10.0 (npm, which installs the programs).
#
# RFC 5280 section 4.2.1.12: key purposes may be defined by any organization that
# has a need. Rec. ITU-T X.667 gives everybody the identifiers 2.25.N, where N is
# a UUID as a number of up to 128 bits.
#
# Expected: X509Certificate.keyUsage of node:crypto lists both purposes of a
# certificate, as Node.js does.
# What happens: Bun leaves out the one with a long number and says nothing. A
# certificate for this purpose alone looks like one for none: the array is empty.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >npm.log
npm install --no-audit --no-fund bun@1.4.5 node@26.10.0 >>npm.log

uuid=2.25.329800735698586629295641978511506172918
make() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem \
    -out "$1" -subj /CN=test -addext "extendedKeyUsage=$2" 2>openssl.log
}
make two.pem "2.999.5,$uuid"
make one.pem "$uuid"

cat >run.cjs <<'EOF'
const { X509Certificate } = require("node:crypto");
const { readFileSync } = require("node:fs");
for (const name of ["two.pem", "one.pem"]) {
  const { keyUsage } = new X509Certificate(readFileSync(name));
  console.log(name, JSON.stringify(keyUsage));
}
EOF
node_modules/.bin/node --version
node_modules/.bin/node run.cjs | tee node.txt
node_modules/.bin/bun --version
node_modules/.bin/bun run.cjs | tee bun.txt
diff node.txt - <<EXPECTED
two.pem ["2.999.5","$uuid"]
one.pem ["$uuid"]
EXPECTED
diff bun.txt - <<'EXPECTED'
two.pem ["2.999.5"]
one.pem []
EXPECTED
echo "As stated: Bun leaves out the purpose with a long number."
