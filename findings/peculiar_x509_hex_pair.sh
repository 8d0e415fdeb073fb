#!/usr/bin/env bash
# Packages: @peculiar/x509 2.2.0 (npm); OpenSSL writes the text (seen with 3.0.19).
#
# RFC 4514 section 3 (Parsing a String Back to a Distinguished Name): a backslash
# and two hexadecimal digits stand for that octet, so "\2C" is a comma. Section 4
# has the example "CN=Lu\C4\8Di\C4\87".
#
# Expected: the value of new Name("CN=a\\2Cb") is "a,b", or the text is refused.
# What happens: only the backslash goes, and the digits stay: the value is "a2Cb".
# "\0A" and "\0D" alone are read. The subject as `openssl x509 -nameopt RFC2253`
# writes it becomes another name without an error.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >npm.log
npm install --ignore-scripts --no-audit --no-fund @peculiar/x509@2.2.0 \
  reflect-metadata@0.2.2 >>npm.log

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem \
  -out cert.pem -utf8 -subj $'/CN=Lu\xc4\x8di\xc4\x87' 2>openssl.log
openssl x509 -in cert.pem -noout -subject -nameopt RFC2253 | sed 's/^subject=//' | tee name.txt

cat >run.mjs <<'EOF'
import "reflect-metadata";
import { deepStrictEqual } from "node:assert";
import { readFileSync } from "node:fs";
import { Name, X509Certificate } from "@peculiar/x509";

const { version } = JSON.parse(readFileSync("node_modules/@peculiar/x509/package.json"));
console.log("@peculiar/x509", version);
const { subjectName } = new X509Certificate(readFileSync("cert.pem", "utf8"));
const commonName = (text) => new Name(text).getField("CN")[0];
const read = {
  "in the certificate": subjectName.getField("CN")[0],
  "from its text": commonName(readFileSync("name.txt", "utf8").trim()),
  "CN=a\\2Cb": commonName("CN=a\\2Cb"),
  "CN=a\\0Ab": commonName("CN=a\\0Ab"),
};
console.log(read);
deepStrictEqual(Object.values(read), ["Lu\u010di\u0107", "LuC48DiC487", "a2Cb", "a\nb"]);
EOF
node run.mjs
echo "As stated: the octet in hexadecimal digits is not read as one."
