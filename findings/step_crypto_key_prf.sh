#!/usr/bin/env bash
# Packages: go.step.sm/crypto 0.92.0 (Go module, the library of step); OpenSSL makes
# the keys (seen with 3.0.19).
#
# RFC 8018 appendix B.1.2: the pseudorandom function of PBKDF2 may be HMAC with any
# hash of SHA-2, among them SHA-384 and SHA-512. The parameters of an encrypted key
# (RFC 5958 section 3) name it.
#
# Expected: pemutil.Parse() with pemutil.WithPassword() decrypts such a key, or says
# that it does not know the function, as it says for scrypt.
# What happens: it knows SHA-1 and SHA-256. For the others the error is that of a wrong
# password, "x509: decryption password incorrect".
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
go mod init example >go.log 2>&1
go get go.step.sm/crypto@v0.92.0 >>go.log 2>&1

openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out plain.key
for hash in SHA1 SHA256 SHA384 SHA512; do
  openssl pkcs8 -topk8 -in plain.key -v2 aes-256-cbc -v2prf "hmacWith$hash" \
    -passout pass:secret -out "$hash.key"
  openssl pkey -in "$hash.key" -passin pass:secret | cmp - plain.key
done
openssl pkcs8 -topk8 -in plain.key -scrypt -passout pass:secret -out scrypt.key

cat >main.go <<'EOF'
package main

import (
	"fmt"

	"go.step.sm/crypto/pemutil"
)

func main() {
	for _, name := range []string{"SHA1", "SHA256", "SHA384", "SHA512", "scrypt"} {
		key, err := pemutil.Read(name+".key", pemutil.WithPassword([]byte("secret")))
		if err != nil {
			fmt.Println(name, err)
		} else {
			fmt.Printf("%s %T\n", name, key)
		}
	}
}
EOF
go mod tidy >>go.log 2>&1
go run main.go | tee output.txt
# A wrong key decrypts to a valid padding once in 256 times, with another error.
sed 's/ error.*only PBKDF2.*/ not supported/; s/ error.*/ not decrypted/' output.txt | diff - <(
  printf 'SHA1 *ecdsa.PrivateKey\nSHA256 *ecdsa.PrivateKey\n'
  printf 'SHA384 not decrypted\nSHA512 not decrypted\nscrypt not supported\n'
)
echo "As stated: HMAC-SHA-384 and HMAC-SHA-512 look like a wrong password."
