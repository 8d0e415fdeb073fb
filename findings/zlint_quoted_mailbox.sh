#!/usr/bin/env bash
# Packages: zlint 3.7.3 (Go module github.com/zmap/zlint/v3); OpenSSL makes the
# certificates (seen with 3.0.19).
#
# RFC 5280 section 4.2.1.6 (Subject Alternative Name): an rfc822Name is a Mailbox of
# RFC 2821 section 4.1.2, whose local part is a dot-string or a quoted string, as in
# "first last"@example.org.
#
# Expected: no complaint about a mailbox with a quoted string.
# What happens: the lint e_ext_san_rfc822_format_invalid reports an error if there is
# a space in the quoted string. Without the space it passes, quotation marks and all.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
go mod init example >go.log 2>&1
go get github.com/zmap/zlint/v3@v3.7.3 >>go.log 2>&1

make() {
  printf '[req]\ndistinguished_name=name\n[name]\n[san]\nsubjectAltName=@names\n[names]\nemail=%s\n' \
    "$2" >openssl.cnf
  openssl req -x509 -config openssl.cnf -extensions san -subj /CN=test -nodes -keyout key.pem \
    -newkey ec -pkeyopt ec_paramgen_curve:P-256 -out "$1.pem" 2>openssl.log
  openssl x509 -in "$1.pem" -noout -ext subjectAltName | tail -n 1
}
make dots 'first.last@example.org'
make quotes '\"first.last\"@example.org'
make space '\"first last\"@example.org'

cat >main.go <<'EOF'
package main

import (
	"encoding/pem"
	"fmt"
	"os"

	"github.com/zmap/zcrypto/x509"
	"github.com/zmap/zlint/v3"
)

func main() {
	for _, name := range []string{"dots", "quotes", "space"} {
		text, err := os.ReadFile(name + ".pem")
		if err != nil {
			panic(err)
		}
		block, _ := pem.Decode(text)
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			panic(err)
		}
		results := zlint.LintCertificate(certificate).Results
		fmt.Println(name, results["e_ext_san_rfc822_format_invalid"].Status)
	}
}
EOF
go mod tidy >>go.log 2>&1
go run main.go | tee output.txt
diff output.txt - <<'EXPECTED'
dots pass
quotes pass
space error
EXPECTED
echo "As stated: a quoted string with a space is reported."
