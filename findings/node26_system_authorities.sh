#!/usr/bin/env bash
# Package: node 26.10.0 (npm, which installs Node.js itself), on Linux.
#
# Folders of trusted certificates have each of them once as a file and once more
# as a link by the hash of its name, which `openssl rehash` makes: OpenSSL looks
# a certificate up by that.
#
# Expected: tls.getCACertificates("system") lists each certificate once, as it
# does for the bundled ones.
# What happens: it lists one for each file name. Where SSL_CERT_DIR has a
# certificate and its link, there are two; a bundle in SSL_CERT_FILE with the same
# certificate makes three.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >npm.log
npm install --no-audit --no-fund node@26.10.0 >>npm.log

mkdir certs
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 \
  -keyout key.pem -out certs/test-ca.pem -subj "/CN=Test CA" 2>openssl.log
openssl rehash certs
cp certs/test-ca.pem bundle.pem
ls certs

cat >run.cjs <<'EOF'
const { getCACertificates } = require("node:tls");
const all = getCACertificates("system");
console.log(process.version, "listed:", all.length, "distinct:", new Set(all).size);
process.exitCode = all.length === Number(process.argv[2]) && new Set(all).size === 1 ? 0 : 1;
EOF
node=node_modules/.bin/node
unset NODE_EXTRA_CA_CERTS SSL_CERT_FILE SSL_CERT_DIR
SSL_CERT_FILE=/dev/null SSL_CERT_DIR="$dir/certs" "$node" run.cjs 2
SSL_CERT_FILE="$dir/bundle.pem" SSL_CERT_DIR="$dir/certs" "$node" run.cjs 3
echo "As stated: one entry for each file name."
