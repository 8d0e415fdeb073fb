#!/usr/bin/env bash
# Packages: jsrsasign 11.1.5 (npm); OpenSSL makes the messages (seen with 3.0.19).
#
# RFC 5652 section 5.3 (SignerInfo Type): a signer is named by issuer and serial
# number, or by [0] IMPLICIT SubjectKeyIdentifier, which is an OCTET STRING.
#
# Expected: CMSParser.getCMSSignedData() reads both, since the method for the name
# has a branch for the second form.
# What happens: for the second form it throws: it parses the octets of the
# identifier as DER. With the identifier here that is an "improper ASN.1 parsed
# X500Name"; with one that OpenSSL makes of the key the text varies.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >npm.log
npm install --ignore-scripts --no-audit --no-fund jsrsasign@11.1.5 >>npm.log

# An identifier of its own, so that the outcome does not depend on a random key.
openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem \
  -subj /CN=signer -addext subjectKeyIdentifier=ffeeddccbbaa99887766 2>openssl.log
echo hello >text
sign() {
  openssl cms -sign -binary -nodetach -signer cert.pem -inkey key.pem -in text -outform DER "$@"
}
sign -out by-issuer.der
sign -keyid -out by-key.der
for name in by-issuer by-key; do
  openssl cms -verify -inform DER -in "$name.der" -noverify -out /dev/null
done

cat >run.cjs <<'EOF'
const { match, strictEqual } = require("node:assert");
const { readFileSync } = require("node:fs");
const { KJUR } = require("jsrsasign");

console.log("jsrsasign", require("jsrsasign/package.json").version);
const read = (name) => {
  try {
    const hex = readFileSync(name).toString("hex");
    return new KJUR.asn1.cms.CMSParser().getCMSSignedData(hex).sinfos[0].id.type;
  } catch (error) {
    return String(error);
  }
};
const byIssuer = read("by-issuer.der");
const byKey = read("by-key.der");
console.log("issuer and serial number:", byIssuer);
console.log("subjectKeyIdentifier:    ", byKey);
strictEqual(byIssuer, "isssn");
match(byKey, /^Error: improper ASN\.1 parsed X500Name/);
EOF
node run.cjs
echo "As stated: a signer named by its key identifier is not read."
