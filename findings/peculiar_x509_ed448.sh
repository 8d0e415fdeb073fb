#!/usr/bin/env bash
# Packages: @peculiar/x509 2.2.0 (npm) on WebCrypto of Node.js (seen with 20.20.2).
#
# RFC 8410 section 3: certificates may have keys and signatures of Ed448.
#
# Expected: X509Certificate.verify() is true for a valid self-signed certificate
# of Ed448, since WebCrypto of Node.js has that algorithm; or it rejects, if the
# two do not fit together.
# What happens: it returns false, as for a forged signature. The library asks
# for { name: "EdDSA", namedCurve: "Ed448" }, WebCrypto calls it "Ed448", and
# the error of importKey() is taken for a wrong signature. Ed25519 is true.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >npm.log
npm install --ignore-scripts --no-audit --no-fund @peculiar/x509@2.2.0 \
  reflect-metadata@0.2.2 >>npm.log
for algorithm in ed25519 ed448; do
  openssl req -x509 -newkey "$algorithm" -nodes -subj /CN=test -days 2 \
    -keyout "$algorithm.key" -out "$algorithm.pem" 2>openssl.log
done

cat >run.mjs <<'EOF'
import "reflect-metadata";
import { strictEqual } from "node:assert";
import { webcrypto, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import * as x509 from "@peculiar/x509";

const { version } = JSON.parse(readFileSync("node_modules/@peculiar/x509/package.json"));
console.log("@peculiar/x509", version, "on Node.js", process.version);
x509.cryptoProvider.set(webcrypto);

const byWebCrypto = async (pem, name) => {
  const { publicKey, raw } = new X509Certificate(pem);
  const spki = publicKey.export({ type: "spki", format: "der" });
  const key = await webcrypto.subtle.importKey("spki", spki, name, true, ["verify"]);
  const { signature, tbs } = new x509.X509Certificate(raw);
  return await webcrypto.subtle.verify(name, key, signature, tbs);
};

for (const [name, expected] of [["Ed25519", true], ["Ed448", false]]) {
  const pem = readFileSync(`${name.toLowerCase()}.pem`, "utf8");
  const verdict = await new x509.X509Certificate(pem).verify({ signatureOnly: true });
  const native = await byWebCrypto(pem, name);
  console.log(name, "@peculiar/x509:", verdict, "WebCrypto:", native);
  strictEqual(native, true, `WebCrypto does not verify ${name}`);
  strictEqual(verdict, expected, `The verdict for ${name} changed`);
}
EOF
node run.mjs
echo "As stated: the valid certificate of Ed448 is said to be wrong."
