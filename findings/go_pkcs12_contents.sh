#!/usr/bin/env bash
# Packages: software.sslmate.com/src/go-pkcs12 0.7.4 (Go module), and asn1crypto 1.5.1
# (PyPI); OpenSSL makes the parts (seen with 3.0.19).
#
# RFC 7292 section 4.1: AuthenticatedSafe is a SEQUENCE OF ContentInfo, without a bound.
# Each content is plain, or is encrypted in a way of its own.
#
# Expected: DecodeChain() reads a file whose key, certificate and authority are three
# contents, as it reads one where the two certificates are in one content.
# What happens: it refuses it: "expected between 1 and 2 items in the authenticated
# safe, but this file has 3".
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check asn1crypto==1.5.1
go mod init example >go.log 2>&1
go get software.sslmate.com/src/go-pkcs12@v0.7.4 >>go.log 2>&1

make() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" \
    -out "$1.pem" -subj "/CN=$1" 2>openssl.log
}
make authority
make test
export() {
  openssl pkcs12 -export -passout pass:secret "$@"
}
export -inkey test.key -in test.pem -certfile authority.pem -out two.p12
export -inkey test.key -in test.pem -out test.pfx
export -nokeys -in authority.pem -out authority.pfx

cat >join.py <<'EOF'
import hashlib
import hmac
from pathlib import Path

from asn1crypto.core import OctetString
from asn1crypto.pkcs12 import AuthenticatedSafe, Pfx


def mac_key(password, salt):
    """The key of RFC 7292 appendix B.2, for SHA-256 and one iteration."""
    text = (password + "\0").encode("utf-16-be")
    filled = [(octets * 64)[: -(-len(octets) // 64) * 64] for octets in (salt, text)]
    return hashlib.sha256(bytes([3]) * 64 + b"".join(filled)).digest()


def contents(name):
    file = Pfx.load(Path(name).read_bytes())
    return list(AuthenticatedSafe.load(file["auth_safe"]["content"].native))


three = AuthenticatedSafe(contents("test.pfx") + contents("authority.pfx")).dump()
salt = bytes(range(8))
mac = {
    "digest_algorithm": {"algorithm": "sha256"},
    "digest": hmac.digest(mac_key("secret", salt), three, "sha256"),
}
file = {
    "version": "v3",
    "auth_safe": {"content_type": "data", "content": OctetString(three)},
    "mac_data": {"mac": mac, "mac_salt": salt, "iterations": 1},
}
Path("three.p12").write_bytes(Pfx(file).dump())
EOF
venv/bin/python join.py
for name in two three; do
  openssl pkcs12 -in "$name.p12" -passin pass:secret -nodes | grep -c BEGIN
done

cat >main.go <<'EOF'
package main

import (
	"fmt"
	"os"

	"software.sslmate.com/src/go-pkcs12"
)

func main() {
	for _, name := range []string{"two", "three"} {
		file, err := os.ReadFile(name + ".p12")
		if err != nil {
			panic(err)
		}
		_, certificate, authorities, err := pkcs12.DecodeChain(file, "secret")
		if err != nil {
			fmt.Println(name, err)
		} else {
			fmt.Println(name, certificate.Subject, len(authorities))
		}
	}
}
EOF
go mod tidy >>go.log 2>&1
go run main.go | tee output.txt
diff output.txt - <<'EXPECTED'
two CN=test 1
three pkcs12: expected between 1 and 2 items in the authenticated safe, but this file has 3
EXPECTED
echo "As stated: a file with three contents is refused."
