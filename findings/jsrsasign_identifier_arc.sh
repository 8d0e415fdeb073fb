#!/usr/bin/env bash
# Packages: jsrsasign 11.1.5 (npm); OpenSSL makes the certificate (seen with 3.0.19).
#
# X.690 section 8.19: the first two arcs of an OBJECT IDENTIFIER are one number, 40 *
# first + second, in several octets from 128 on. Under the arc 2 the second may exceed
# 39, as in 2.999, the arc for examples.
#
# Expected: X509.getExtExtKeyUsage() names the purposes 2.47.3 and 2.999.3, and
# DERObjectIdentifier writes these names.
# What happens: they are read as "3.7.3" and "3.16.55.3", since the first octet, divided
# by 40, is taken for both arcs. To write "2.999.3" throws: "value hex must be even
# length".
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >npm.log
npm install --ignore-scripts --no-audit --no-fund jsrsasign@11.1.5 >>npm.log

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem \
  -out certificate.pem -subj /CN=test -addext extendedKeyUsage=2.23.3,2.47.3,2.999.3 2>openssl.log
openssl x509 -in certificate.pem -noout -ext extendedKeyUsage

cat >run.cjs <<'EOF'
const { deepStrictEqual } = require("node:assert");
const { readFileSync } = require("node:fs");
const { KJUR, X509 } = require("jsrsasign");

console.log("jsrsasign", require("jsrsasign/package.json").version);
const certificate = new X509();
certificate.readCertPEM(readFileSync("certificate.pem", "utf8"));
const { array } = certificate.getExtExtKeyUsage();
console.log(array);
deepStrictEqual(array, ["2.23.3", "3.7.3", "3.16.55.3"], "The names changed");

function write(oid) {
  try {
    return new KJUR.asn1.DERObjectIdentifier(oid).tohex();
  } catch (error) {
    return error.message.replace(/:.*/, "");
  }
}
const written = ["2.47.3", "2.999.3"].map(write);
console.log(written);
deepStrictEqual(written, ["06027f03", "value hex must be even length"], "The bytes changed");
EOF
node run.cjs
echo "As stated: identifiers of 2.40 and above get another name."
