#!/usr/bin/env bash
# Packages: jsrsasign 11.1.5 (npm); OpenSSL makes the certificate (seen with 3.0.19).
#
# RFC 5280 section 4.2.1.6 (Subject Alternative Name): a GeneralName may be a
# registeredID, an OBJECT IDENTIFIER.
#
# Expected: X509.getExtSubjectAltName() has a member for each name, as it has for
# the other kinds, or throws.
# What happens: a registeredID is left out. If it is the only name, the array is
# empty. A certificate that is made anew from getParam() has lost the name.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >npm.log
npm install --ignore-scripts --no-audit --no-fund jsrsasign@11.1.5 >>npm.log

make() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem \
    -out "$1.pem" -subj /CN=test -addext "subjectAltName=$2" 2>openssl.log
  openssl x509 -in "$1.pem" -noout -ext subjectAltName
}
make two DNS:example.org,RID:1.3.6.1.4.1.99999.5
make one RID:1.3.6.1.4.1.99999.5

cat >run.cjs <<'EOF'
const { deepStrictEqual } = require("node:assert");
const { readFileSync } = require("node:fs");
const { X509 } = require("jsrsasign");

console.log("jsrsasign", require("jsrsasign/package.json").version);
const names = ["two", "one"].map((name) => {
  const certificate = new X509();
  certificate.readCertPEM(readFileSync(`${name}.pem`, "utf8"));
  const { array } = certificate.getExtSubjectAltName();
  const parameters = certificate.getParam().ext.find((e) => e.extname === "subjectAltName");
  deepStrictEqual(parameters.array, array);
  return array;
});
console.log(JSON.stringify(names));
deepStrictEqual(names, [[{ dns: "example.org" }], []], "The names changed");
EOF
node run.cjs
echo "As stated: a registered identifier is left out."
