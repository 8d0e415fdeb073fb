#!/usr/bin/env bash
# Packages: @peculiar/x509 2.2.0 (npm), and OpenSSL (seen with 3.0.19).
#
# RFC 7468 section 6 (Textual Encoding of Certificate Revocation Lists): the
# label of a CRL is "X509 CRL".
#
# Expected: `openssl crl` reads the PEM text of a CRL of @peculiar/x509.
# What happens: X509Crl.toString("pem") writes the label "CRL". OpenSSL refuses
# the text, and reads the same bytes as DER and under the label of the RFC.
# @peculiar/x509 itself reads both labels.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >npm.log
npm install --ignore-scripts --no-audit --no-fund @peculiar/x509@2.2.0 \
  reflect-metadata@0.2.2 >>npm.log

cat >run.mjs <<'EOF'
import "reflect-metadata";
import { readFileSync, writeFileSync } from "node:fs";
import { webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";

const { version } = JSON.parse(readFileSync("node_modules/@peculiar/x509/package.json"));
console.log("@peculiar/x509", version);
x509.cryptoProvider.set(webcrypto);
const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
const crl = await x509.X509CrlGenerator.create({
  issuer: "CN=Test CA",
  thisUpdate: new Date("2026-01-01T00:00:00Z"),
  nextUpdate: new Date("2027-01-01T00:00:00Z"),
  signingAlgorithm: algorithm,
  signingKey: keys.privateKey,
});
const pem = crl.toString("pem") + "\n";
const renamed = pem.replaceAll(" CRL-----", " X509 CRL-----");
writeFileSync("crl.pem", pem);
writeFileSync("renamed.pem", renamed);
writeFileSync("crl.der", Buffer.from(crl.rawData));
for (const text of [pem, renamed]) console.log(new x509.X509Crl(text).issuer);
EOF
node run.mjs
openssl version
head -n 1 crl.pem
[ "$(head -n 1 crl.pem)" = "-----BEGIN CRL-----" ] || { echo "The label changed" >&2; exit 1; }
openssl crl -inform DER -in crl.der -noout -issuer
openssl crl -inform PEM -in renamed.pem -noout -issuer
if openssl crl -inform PEM -in crl.pem -noout -issuer 2>/dev/null; then
  echo "OpenSSL reads the label CRL" >&2
  exit 1
fi
echo "As stated: OpenSSL does not read the label CRL."
