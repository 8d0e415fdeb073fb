#!/usr/bin/env bash
# Packages: node-forge 1.4.3 (npm); OpenSSL makes the CA (seen with 3.0.19).
#
# RFC 5280 section 4.1.2.4 (Issuer): each RelativeDistinguishedName of a name is a
# SET of one or more attributes. Section 7.1: two names match if they have the same
# number of RDNs, and each matches in turn.
#
# Expected: setIssuer(ca.subject.attributes), with the attributes as node-forge reads
# them from the certificate of the CA, writes the name of the CA.
# What happens: the attributes are a flat list. A SET of two attributes becomes two
# SETs, and that is another name: OpenSSL does not find the issuer. With one
# attribute in each SET all is well.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >npm.log
npm install --ignore-scripts --no-audit --no-fund node-forge@1.4.3 >>npm.log

make() {
  openssl req -x509 -newkey rsa:2048 -nodes -keyout "$1.key" -out "$1.pem" -subj "$2" \
    -multivalue-rdn 2>openssl.log
}
make single /O=Organization/OU=Unit/CN=ca
make multi /O=Organization+OU=Unit/CN=ca

cat >run.cjs <<'EOF'
const { readFileSync, writeFileSync } = require("node:fs");
const { md, pki } = require("node-forge");

console.log("node-forge", require("node-forge/package.json").version);
for (const name of ["single", "multi"]) {
  const ca = pki.certificateFromPem(readFileSync(`${name}.pem`, "utf8"));
  const certificate = pki.createCertificate();
  certificate.publicKey = ca.publicKey;
  certificate.serialNumber = "01";
  certificate.validity.notAfter = new Date(Date.now() + 86_400_000);
  certificate.setSubject([{ name: "commonName", value: "test" }]);
  certificate.setIssuer(ca.subject.attributes);
  certificate.sign(pki.privateKeyFromPem(readFileSync(`${name}.key`, "utf8")), md.sha256.create());
  writeFileSync(`${name}-leaf.pem`, pki.certificateToPem(certificate));
}
EOF
node run.cjs
for name in single multi; do
  openssl x509 -in "$name.pem" -noout -subject
  openssl x509 -in "$name-leaf.pem" -noout -issuer | tee "$name.txt"
done
openssl verify -CAfile single.pem single-leaf.pem
if openssl verify -CAfile multi.pem multi-leaf.pem >verify.txt 2>&1; then
  echo "The issuer has the name of the CA now"
  exit 1
fi
grep 'unable to get local issuer certificate' verify.txt
grep -qx 'issuer=OU = Unit, O = Organization, CN = ca' multi.txt
echo "As stated: the issuer is another name."
