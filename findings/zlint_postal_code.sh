#!/usr/bin/env bash
# Packages: zlint 3.7.3 (Go module github.com/zmap/zlint/v3); OpenSSL makes the
# certificates (seen with 3.0.19).
#
# Rec. ITU-T X.520 has the attribute postalCode (2.5.4.17), with an upper bound of 40
# characters. RFC 5280 does not define it. Its appendix A.1 has ub-postal-code-length,
# 16, for the PostalCode of an X.400 address (ExtensionORAddress), which is no
# attribute of a distinguished name.
#
# Expected: no complaint about a postal code of 17 to 40 characters.
# What happens: the lint e_subject_postal_code_max_length applies the bound of the
# X.400 address, 16, to the attribute, and reports an error of RFC 5280.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
go mod init example >go.log 2>&1
go get github.com/zmap/zlint/v3@v3.7.3 >>go.log 2>&1

make() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem \
    -out "$1.pem" -subj "/CN=test/postalCode=$2" 2>openssl.log
}
make 16 'SW1A 1AA, London'
make 17 'SW1A 1AA, Glasgow'

cat >main.go <<'EOF'
package main

import (
	"encoding/pem"
	"fmt"
	"os"

	"github.com/zmap/zcrypto/x509"
	"github.com/zmap/zlint/v3"
	"github.com/zmap/zlint/v3/lint"
)

const name = "e_subject_postal_code_max_length"

func main() {
	metadata := lint.GlobalRegistry().CertificateLints().ByName(name).LintMetadata
	fmt.Printf("%s: %s (%s)\n", metadata.Source, metadata.Description, metadata.Citation)
	for _, length := range []string{"16", "17"} {
		text, err := os.ReadFile(length + ".pem")
		if err != nil {
			panic(err)
		}
		block, _ := pem.Decode(text)
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			panic(err)
		}
		fmt.Println(length, zlint.LintCertificate(certificate).Results[name].Status)
	}
}
EOF
go mod tidy >>go.log 2>&1
go run main.go | tee output.txt
tail -n 2 output.txt | diff - <(printf '16 pass\n17 error\n')
echo "As stated: the bound of an X.400 address is applied to the attribute."
