#!/usr/bin/env bash
# Packages: deno 2.9.6 and node 26.10.0 (npm, which installs the programs).
#
# RFC 4055 section 3 (RSASSA-PSS Signature Algorithm): certificates may be signed
# by RSASSA-PSS, with a key of rsaEncryption too. RFC 8410 section 6 has Ed448.
#
# Expected: X509Certificate.verify() of Deno's node:crypto is true for a valid
# signature, as with Node.js; or it throws, as it does for a key on P-521
# ("Unsupported EC curve for X509 verification").
# What happens: it returns false for both algorithms, as for a forged signature.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >npm.log
npm install --no-audit --no-fund deno@2.9.6 node@26.10.0 >>npm.log

make() {
  openssl req -x509 -nodes -keyout "$1.key" -out "$1.pem" -subj /CN=test "${@:2}" 2>openssl.log
  openssl verify -CAfile "$1.pem" -check_ss_sig "$1.pem"
}
make pkcs1 -newkey rsa:2048
make pss -newkey rsa:2048 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32
make ed25519 -newkey ed25519
make ed448 -newkey ed448

cat >run.cjs <<'EOF'
const { X509Certificate } = require("node:crypto");
const { readFileSync } = require("node:fs");
for (const name of ["pkcs1", "pss", "ed25519", "ed448"]) {
  const certificate = new X509Certificate(readFileSync(`${name}.pem`));
  console.log(name, certificate.verify(certificate.publicKey));
}
EOF
node_modules/.bin/node --version
node_modules/.bin/node run.cjs | tee node.txt
node_modules/.bin/deno --version | head -n 1
node_modules/.bin/deno run -A run.cjs | tee deno.txt
diff node.txt - <<'EXPECTED'
pkcs1 true
pss true
ed25519 true
ed448 true
EXPECTED
diff deno.txt - <<'EXPECTED'
pkcs1 true
pss false
ed25519 true
ed448 false
EXPECTED
echo "As stated: verify() is false for valid signatures of RSASSA-PSS and Ed448."
