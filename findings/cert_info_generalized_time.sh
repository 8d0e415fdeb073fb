#!/usr/bin/env bash
# Packages: cert-info 1.5.1 (npm); OpenSSL makes the certificates (seen with 3.0.19).
#
# RFC 5280 section 4.1.2.5 (Validity): dates through the year 2049 are UTCTime, and
# dates in 2050 or later are GeneralizedTime, which has four digits for the year.
#
# Expected: expiresAt is the time of notAfter, in milliseconds.
# What happens: a GeneralizedTime is read with two digits for the year, and the next
# two are the month: 2055 is month 55 of 2020. A certificate that is valid until
# 2055 looks as if it had expired in July 2024.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >npm.log
npm install --ignore-scripts --no-audit --no-fund cert-info@1.5.1 >>npm.log

cat >openssl.cnf <<'EOF'
[ca]
default_ca = settings
[settings]
database = index.txt
new_certs_dir = .
rand_serial = yes
unique_subject = no
default_md = sha256
policy = names
x509_extensions = extensions
[names]
commonName = supplied
[extensions]
subjectAltName = DNS:example.org
EOF
touch index.txt
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem \
  -out request.pem -subj /CN=test 2>openssl.log
for year in 2049 2055; do
  openssl ca -config openssl.cnf -batch -notext -selfsign -keyfile key.pem -in request.pem \
    -startdate 20260101000000Z -enddate "${year}0101000000Z" -out "$year.pem" 2>>openssl.log
  openssl x509 -in "$year.pem" -noout -enddate
done

cat >run.cjs <<'EOF'
const { readFileSync } = require("node:fs");
const { info } = require("cert-info");
for (const year of ["2049", "2055"]) {
  const { expiresAt } = info(readFileSync(`${year}.pem`, "utf8"));
  console.log(year, new Date(expiresAt).toISOString());
}
EOF
node -p '"cert-info " + require("cert-info/package.json").version'
node run.cjs | tee output.txt
diff output.txt - <<'EXPECTED'
2049 2049-01-01T00:00:00.000Z
2055 2024-07-01T01:00:00.000Z
EXPECTED
echo "As stated: a date in 2055 becomes one in 2024."
