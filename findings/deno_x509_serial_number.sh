#!/usr/bin/env bash
# Packages: deno 2.9.6 and node 26.10.0 (npm, which installs the programs).
#
# RFC 5280 section 4.1.2.2 (Serial Number): an INTEGER of up to 20 octets. OpenSSL,
# Node.js and most others write its octets, two hexadecimal digits for each.
#
# Expected: X509Certificate.serialNumber of Deno's node:crypto is the text that
# Node.js gives, so that one can be looked up among the others.
# What happens: a zero at the beginning is left out, "123456789" in place of
# "0123456789". One serial number in sixteen of those that are drawn at random is
# shorter by a digit, and Buffer.from(text, "hex") makes other octets of it.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >npm.log
npm install --no-audit --no-fund deno@2.9.6 node@26.10.0 >>npm.log

make() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem \
    -out "$1.pem" -subj /CN=test -set_serial "0x$1" 2>openssl.log
  openssl x509 -in "$1.pem" -noout -serial
}
make 0123456789
make 1234567890

cat >run.cjs <<'EOF'
const { X509Certificate } = require("node:crypto");
const { readFileSync } = require("node:fs");
for (const name of ["0123456789", "1234567890"]) {
  const { serialNumber } = new X509Certificate(readFileSync(`${name}.pem`));
  console.log(name, serialNumber, Buffer.from(serialNumber, "hex").toString("hex"));
}
EOF
node_modules/.bin/node --version
node_modules/.bin/node run.cjs | tee node.txt
node_modules/.bin/deno --version | head -n 1
node_modules/.bin/deno run -A run.cjs | tee deno.txt
diff node.txt - <<'EXPECTED'
0123456789 0123456789 0123456789
1234567890 1234567890 1234567890
EXPECTED
diff deno.txt - <<'EXPECTED'
0123456789 123456789 12345678
1234567890 1234567890 1234567890
EXPECTED
echo "As stated: the zero at the beginning is left out."
