#!/usr/bin/env bash
# Packages: jsrsasign 11.1.5 (npm); OpenSSL makes the response (seen with 3.0.19).
#
# RFC 6960 section 4.2.1: RevokedInfo has revocationTime, and may have
# revocationReason, a CRLReason. RFC 5280 section 5.3.1 has the reasons, among them
# certificateHold: a certificate on hold may come back.
#
# Expected: OCSPParser.getOCSPResponse() returns the reason with the time of a
# revoked certificate, since OCSPResponse of jsrsasign can write one ("reason").
# What happens: it returns the time alone.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >npm.log
npm install --ignore-scripts --no-audit --no-fund jsrsasign@11.1.5 >>npm.log

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key \
  -out ca.pem -subj /CN=ca 2>openssl.log
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem \
  -out request.pem -subj /CN=test 2>>openssl.log
openssl x509 -req -in request.pem -CA ca.pem -CAkey ca.key -set_serial 77 -out certificate.pem \
  2>>openssl.log
printf 'R\t301231000000Z\t260102030405Z,certificateHold\t4D\tunknown\t/CN=test\n' >index.txt
openssl ocsp -issuer ca.pem -cert certificate.pem -no_nonce -reqout request.der
openssl ocsp -index index.txt -CA ca.pem -rsigner ca.pem -rkey ca.key -reqin request.der \
  -ndays 1 -respout response.der
openssl ocsp -issuer ca.pem -cert certificate.pem -CAfile ca.pem -respin response.der 2>&1

cat >run.cjs <<'EOF'
const { deepStrictEqual } = require("node:assert");
const { readFileSync } = require("node:fs");
const { KJUR } = require("jsrsasign");

console.log("jsrsasign", require("jsrsasign/package.json").version);
const hex = readFileSync("response.der").toString("hex");
const { status } = new KJUR.asn1.ocsp.OCSPParser().getOCSPResponse(hex).array[0];
console.log(status);
deepStrictEqual(status, { status: "revoked", time: "20260102030405Z" }, "The status changed");
EOF
node run.cjs
echo "As stated: the reason is lost."
