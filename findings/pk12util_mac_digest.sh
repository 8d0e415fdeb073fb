#!/usr/bin/env bash
# Packages: pk12util and certutil of NSS (Debian: libnss3-tools; seen with 3.87.1);
# OpenSSL makes the files (seen with 3.0.19).
#
# RFC 7292 section 4: the MAC of a file is a DigestInfo (RFC 8017 section 9.2), which
# names the hash. RFC 8017 appendix B.1 has SHA-512/256; SHA-3 has identifiers as well.
#
# Expected: pk12util reads a file with such a MAC, or says that it does not know the
# hash, as GnuTLS ("The hash algorithm is unknown") and others do.
# What happens: it says SEC_ERROR_BAD_PASSWORD, "The security password entered is
# incorrect", as it does for a wrong one.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
mkdir database
certutil -N -d database --empty-password

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem \
  -out cert.pem -subj /CN=test 2>openssl.log
for digest in sha256 sha512 sha512-256 sha3-256; do
  openssl pkcs12 -export -inkey key.pem -in cert.pem -name test -macalg "$digest" \
    -passout pass:secret -out "$digest.p12"
  openssl pkcs12 -in "$digest.p12" -passin pass:secret -info -noout 2>&1 | grep '^MAC: '
done

attempt() {
  if pk12util -l "$1.p12" -W "$2" -d database >pk12util.txt 2>&1; then
    echo "$1, $2: read"
  else
    echo "$1, $2: $(grep -o -m 1 'SEC_ERROR_[A-Z_]*' pk12util.txt | head -n 1)"
  fi
}
{
  attempt sha256 secret
  attempt sha512 secret
  attempt sha512 wrong
  attempt sha512-256 secret
  attempt sha3-256 secret
} | tee output.txt
diff output.txt - <<'EXPECTED'
sha256, secret: read
sha512, secret: read
sha512, wrong: SEC_ERROR_BAD_PASSWORD
sha512-256, secret: SEC_ERROR_BAD_PASSWORD
sha3-256, secret: SEC_ERROR_BAD_PASSWORD
EXPECTED
echo "As stated: an unknown hash looks like a wrong password."
