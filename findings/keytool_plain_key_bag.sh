#!/usr/bin/env bash
# Package: keytool of OpenJDK (Debian: openjdk-17-jre-headless; seen with 17.0.15).
# OpenSSL makes the files (seen with 3.0.19).
#
# RFC 7292 section 4.2.1 (The KeyBag Type): a PKCS#12 file may hold a private key
# as plain PrivateKeyInfo, beside section 4.2.2, where it is encrypted. The file
# can be protected as a whole.
#
# Expected: keytool lists the entry of either kind, or says that it cannot read the
# kind of one.
# What happens: with a plain key it says "Your keystore contains 0 entries" and
# exits with 0, since key bags are skipped, and so is the certificate of the key.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
openssl req -x509 -newkey rsa:2048 -nodes -days 30 -keyout key.pem -out cert.pem \
  -subj /CN=test 2>openssl.log
make() {
  openssl pkcs12 -export -inkey key.pem -in cert.pem -name test -passout pass:secret \
    -certpbe AES-256-CBC -keypbe "$2" -out "$1"
}
make plain.p12 NONE
make encrypted.p12 AES-256-CBC
openssl pkcs12 -in plain.p12 -passin pass:secret -info -noout 2>&1 | grep -x 'Key bag'
openssl pkcs12 -in plain.p12 -passin pass:secret -nodes | grep -c 'BEGIN PRIVATE KEY'

java -version 2>&1 | sed -n 2p
for name in encrypted plain; do
  keytool -J-Duser.language=en -list -keystore "$name.p12" -storepass secret |
    grep -E '^Your keystore|PrivateKeyEntry' | sed 's/, .*, Private/: Private/' | tee "$name.txt"
done
diff encrypted.txt - <<'EXPECTED'
Your keystore contains 1 entry
test: PrivateKeyEntry, 
EXPECTED
diff plain.txt - <<'EXPECTED'
Your keystore contains 0 entries
EXPECTED
echo "As stated: a key that is not encrypted is skipped in silence."
