#!/usr/bin/env bash
# Package: jsrsasign 11.1.5 (npm).
#
# RFC 5280 section 4.2.1.13 (CRL Distribution Points): a DistributionPoint has
# three members: distributionPoint, reasons, and cRLIssuer. One without reasons
# stands for all reasons, and one without cRLIssuer for CRLs of the
# certificate's issuer.
#
# Expected: X509.getExtCRLDistributionPoints() returns all three members.
# What happens: it returns distributionPoint alone. A point for a few reasons
# and of another issuer looks like one that has everything. getParam() loses
# them too.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >npm.log
npm install --ignore-scripts --no-audit --no-fund jsrsasign@11.1.5 >>npm.log

cat >openssl.cnf <<'EOF'
[req]
distinguished_name = name
prompt = no
x509_extensions = extensions
[name]
CN = test
[extensions]
crlDistributionPoints = point
[point]
fullname = URI:http://ca.example/some.crl
reasons = keyCompromise, CACompromise
CRLissuer = dirName:crl_issuer
[crl_issuer]
CN = CRL issuer
EOF
openssl req -x509 -config openssl.cnf -newkey ec -pkeyopt ec_paramgen_curve:P-256 \
  -nodes -keyout key.pem -out certificate.pem 2>openssl.log
openssl x509 -in certificate.pem -noout -ext crlDistributionPoints

cat >run.cjs <<'EOF'
const { deepStrictEqual } = require("node:assert");
const { readFileSync } = require("node:fs");
const { X509 } = require("jsrsasign");

console.log("jsrsasign", require("jsrsasign/package.json").version);
const certificate = new X509();
certificate.readCertPEM(readFileSync("certificate.pem", "utf8"));
const { array } = certificate.getExtCRLDistributionPoints();
console.log(JSON.stringify(array));
const expected = [{ dpname: { full: [{ uri: "http://ca.example/some.crl" }] } }];
deepStrictEqual(array, expected, "The members changed");
const extension = certificate.getParam().ext.find((e) => e.extname === "cRLDistributionPoints");
deepStrictEqual(extension.array, expected, "The members of getParam() changed");
EOF
node run.cjs
echo "As stated: reasons and cRLIssuer are lost."
