#!/usr/bin/env bash
# Package: crypto/x509 of Go (seen with 1.26.8 and 1.27.3).
#
# RFC 5280 section 4.2: a certificate may have extensions that its reader does not
# know, and the reader may ignore them if they are not critical. Rec. ITU-T X.667
# gives everybody the identifiers 2.25.N, where N is a UUID as a number of up to
# 128 bits. (Appendix B of RFC 5280 demands arcs below 2^28 only, and says that
# identifiers have no maximum size.)
#
# Expected: ParseCertificate() reads a certificate with a private extension of such
# a name that is not critical, as it reads one with such a certificate policy:
# x509.OID has room for it.
# What happens: the policy is read, and for the extension the whole certificate is
# refused: "x509: malformed extension OID field".
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"

uuid=2.25.329800735698586629295641978511506172918
make() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem \
    -out "$1" -subj /CN=test -addext "$2" 2>openssl.log
}
make policy.pem "certificatePolicies=$uuid"
make extension.pem "$uuid=ASN1:NULL"
openssl verify -CAfile extension.pem extension.pem

cat >main.go <<'EOF'
package main

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
)

func main() {
	for _, name := range []string{"policy.pem", "extension.pem"} {
		text, err := os.ReadFile(name)
		if err != nil {
			panic(err)
		}
		block, _ := pem.Decode(text)
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			fmt.Println(name, err)
		} else {
			fmt.Println(name, certificate.Policies)
		}
	}
}
EOF
go version
go run main.go | tee output.txt
diff output.txt - <<EXPECTED
policy.pem [$uuid]
extension.pem x509: malformed extension OID field
EXPECTED
echo "As stated: an unknown extension with a long number in its name is refused."
