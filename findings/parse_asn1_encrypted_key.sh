#!/usr/bin/env bash
# Packages: parse-asn1 5.1.10 (npm, part of crypto-browserify); OpenSSL makes the
# keys (seen with 3.0.19).
#
# RFC 8018 appendix A.2 (PBKDF2): the parameters have a member prf, which names the
# pseudorandom function, and HMAC with SHA-1 is the default if it is absent. RFC
# 5958 section 3 has such parameters in an EncryptedPrivateKeyInfo.
#
# Expected: parse-asn1 decrypts a key with HMAC-SHA-256 and the right password, or
# says that it does not know the function.
# What happens: it leaves prf unread and takes HMAC-SHA-1. The error, "bad decrypt"
# almost always, is that of a wrong password. OpenSSL has written HMAC-SHA-256 since
# version 1.1.0, if the caller names no other.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >npm.log
npm install --ignore-scripts --no-audit --no-fund parse-asn1@5.1.10 >>npm.log

openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out plain.key 2>openssl.log
for prf in hmacWithSHA1 hmacWithSHA256; do
  openssl pkcs8 -topk8 -v2 aes-256-cbc -v2prf "$prf" -in plain.key -passout pass:secret -out "$prf.key"
  openssl pkey -in "$prf.key" -passin pass:secret -out again.key
  cmp plain.key again.key
done

cat >run.cjs <<'EOF'
const { readFileSync } = require("node:fs");
const parseKeys = require("parse-asn1");

function read(name, passphrase) {
  try {
    return `${parseKeys({ key: readFileSync(`${name}.key`), passphrase }).modulus.bitLength()} bits`;
  } catch {
    return "not decrypted";
  }
}

console.log("hmacWithSHA1:", read("hmacWithSHA1", "secret"));
console.log("hmacWithSHA1, another password:", read("hmacWithSHA1", "other"));
console.log("hmacWithSHA256:", read("hmacWithSHA256", "secret"));
EOF
node -p '"parse-asn1 " + require("parse-asn1/package.json").version'
node run.cjs | tee output.txt
diff output.txt - <<'EXPECTED'
hmacWithSHA1: 2048 bits
hmacWithSHA1, another password: not decrypted
hmacWithSHA256: not decrypted
EXPECTED
echo "As stated: a key with HMAC-SHA-256 looks like a wrong password."
