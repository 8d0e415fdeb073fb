#!/usr/bin/env bash
# Packages: node-forge 1.4.3 (npm); keytool of OpenJDK makes the file (seen with
# 17.0.15).
#
# RFC 7292 section 4.2.5 (The SecretBag Type): a PKCS#12 file may hold a secret of a
# user beside keys and certificates. keytool writes an AES key so.
#
# Expected: pkcs12FromAsn1() returns the private key and its certificate, and leaves
# the other bag aside, as OpenSSL does, or tells it as a bag of its type.
# What happens: it throws "Unsupported PKCS#12 SafeBag type." One secret key in the
# keystore, and nothing in it can be read.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >npm.log
npm install --ignore-scripts --no-audit --no-fund node-forge@1.4.3 >>npm.log

keytool -genkeypair -keystore key.p12 -storetype PKCS12 -storepass secret -alias key \
  -keyalg RSA -keysize 2048 -dname CN=test 2>keytool.log
cp key.p12 both.p12
keytool -genseckey -keystore both.p12 -storepass secret -alias aes -keyalg AES -keysize 256 \
  2>>keytool.log
openssl pkcs12 -in both.p12 -passin pass:secret -nodes | grep BEGIN

cat >run.cjs <<'EOF'
const { readFileSync } = require("node:fs");
const { asn1, pkcs12 } = require("node-forge");

function read(name) {
  try {
    const file = pkcs12.pkcs12FromAsn1(asn1.fromDer(readFileSync(name, "latin1")), "secret");
    return `${file.safeContents.flatMap((contents) => contents.safeBags).length} bags`;
  } catch (error) {
    return error.message;
  }
}

for (const name of ["key.p12", "both.p12"]) console.log(`${name}: ${read(name)}`);
EOF
node -p '"node-forge " + require("node-forge/package.json").version'
node run.cjs | tee output.txt
diff output.txt - <<'EXPECTED'
key.p12: 2 bags
both.p12: Unsupported PKCS#12 SafeBag type.
EXPECTED
echo "As stated: a secret bag makes the whole file unreadable."
