#!/usr/bin/env bash
# Package: jsrsasign 11.1.5 (npm).
#
# RFC 5280 section 5.1.2.6 (Revoked Certificates): "When there are no revoked
# certificates, the revoked certificates list MUST be absent."
#
# Expected: a CRL that is made with an empty array has no revokedCertificates,
# as one that is made without the member.
# What happens: an empty array is written as an empty SEQUENCE. OpenSSL reads it;
# strict readers of RFC 5280 refuse the list.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >npm.log
npm install --ignore-scripts --no-audit --no-fund jsrsasign@11.1.5 >>npm.log

cat >run.cjs <<'EOF'
const { writeFileSync } = require("node:fs");
const { KEYUTIL, KJUR } = require("jsrsasign");

console.log("jsrsasign", require("jsrsasign/package.json").version);
const { prvKeyObj } = KEYUTIL.generateKeypair("EC", "secp256r1");
for (const [name, members] of [["empty", { revcert: [] }], ["absent", {}]]) {
  const crl = new KJUR.asn1.x509.CRL({
    sigalg: "SHA256withECDSA",
    issuer: { str: "/CN=test" },
    thisupdate: "260101000000Z",
    nextupdate: "270101000000Z",
    cakey: prvKeyObj,
    ...members,
  });
  writeFileSync(`${name}.pem`, crl.getPEM());
}
EOF
node run.cjs
# TBSCertList: what stands behind nextUpdate, at depth 2.
for name in empty absent; do
  openssl asn1parse -in "$name.pem" |
    grep -A1 'd=2.*UTCTIME.*270101000000Z' | tail -n 1 | tee "$name.txt"
done
grep -q 'd=2 .*l=   0 cons: SEQUENCE' empty.txt
grep -q 'd=1 .*cons: SEQUENCE' absent.txt
echo "As stated: an empty array becomes an empty SEQUENCE."
