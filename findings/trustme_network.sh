#!/usr/bin/env bash
# Packages: trustme 1.2.1 with cryptography 50.0.2 (PyPI), and crypto/x509 of Go (seen
# with 1.26.8).
#
# RFC 5280 section 4.2.1.6 (Subject Alternative Name): an iPAddress MUST have 4 octets
# for IPv4 and 16 for IPv6. Address and mask, 8 or 32 octets, stand in nameConstraints
# alone (section 4.2.1.10).
#
# Expected: CA.issue_cert("10.0.0.0/24"), a network, is refused.
# What happens: trustme documents networks among the names, and writes the 8 octets
# into subjectAltName. OpenSSL shows it as invalid, and Go refuses the whole
# certificate, with its other names.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check trustme==1.2.1 cryptography==50.0.2

cat >run.py <<'EOF'
from importlib.metadata import version

import trustme

print("trustme", version("trustme"))
ca = trustme.CA()
for file, name in (("address", "10.0.0.1"), ("network", "10.0.0.0/24")):
    ca.issue_cert("example.org", name).cert_chain_pems[0].write_to_path(file + ".pem")
EOF
venv/bin/python run.py

cat >main.go <<'EOF'
package main

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
)

func main() {
	for _, name := range []string{"address", "network"} {
		text, err := os.ReadFile(name + ".pem")
		if err != nil {
			panic(err)
		}
		block, _ := pem.Decode(text)
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			fmt.Println(name, err)
		} else {
			fmt.Println(name, certificate.DNSNames, certificate.IPAddresses)
		}
	}
}
EOF
for name in address network; do
  openssl x509 -in "$name.pem" -noout -ext subjectAltName | tail -n 1 | sed 's/<invalid.*>/<invalid>/'
done | tee openssl.txt
go version
go run main.go | tee output.txt
diff openssl.txt - <<'EXPECTED'
    DNS:example.org, IP Address:10.0.0.1
    DNS:example.org, IP Address:<invalid>
EXPECTED
diff output.txt - <<'EXPECTED'
address [example.org] [10.0.0.1]
network x509: cannot parse IP address of length 8
EXPECTED
echo "As stated: a network is written, and Go refuses the certificate."
