#!/usr/bin/env bash
# Packages: bun 1.4.5 and node 26.10.0 (npm, which installs the programs).
#
# RFC 5280 section 4.2.2.1 (Authority Information Access): the issuer's certificate
# may be named by an LDAP URI, which has the DN of an entry, as in
# ldap://ldap.example/cn=ca,dc=example?cACertificate;binary (RFC 4516): a URI with
# a comma.
#
# Expected: infoAccess of X509Certificate.toLegacyObject() is an object with an
# array of URIs, as they are in the certificate.
# What happens: Bun has the notation in it that Node.js uses in the text of
# X509Certificate.infoAccess: quotation marks around the URI, and "\u002c" for each
# comma. Node.js undoes it.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >npm.log
npm install --no-audit --no-fund bun@1.4.5 node@26.10.0 >>npm.log

cat >openssl.cnf <<'EOF'
[req]
distinguished_name = name
prompt = no
x509_extensions = extensions
[name]
CN = test
[extensions]
authorityInfoAccess = @access
[access]
OCSP;URI = http://ocsp.example/
caIssuers;URI = ldap://ldap.example/cn=ca,dc=example
EOF
openssl req -x509 -config openssl.cnf -newkey ec -pkeyopt ec_paramgen_curve:P-256 \
  -nodes -keyout key.pem -out certificate.pem 2>openssl.log
openssl x509 -in certificate.pem -noout -ext authorityInfoAccess

cat >run.cjs <<'EOF'
const { X509Certificate } = require("node:crypto");
const { readFileSync } = require("node:fs");
const { infoAccess } = new X509Certificate(readFileSync("certificate.pem")).toLegacyObject();
for (const [name, uris] of Object.entries(infoAccess)) console.log(`${name}: ${uris}`);
EOF
node_modules/.bin/node --version
node_modules/.bin/node run.cjs | tee node.txt
node_modules/.bin/bun --version
node_modules/.bin/bun run.cjs | tee bun.txt
diff node.txt - <<'EXPECTED'
OCSP - URI: http://ocsp.example/
CA Issuers - URI: ldap://ldap.example/cn=ca,dc=example
EXPECTED
diff bun.txt - <<'EXPECTED'
OCSP - URI: http://ocsp.example/
CA Issuers - URI: "ldap://ldap.example/cn=ca\u002cdc=example"
EXPECTED
echo "As stated: Bun's URI is in quotation marks, and its comma is escaped."
