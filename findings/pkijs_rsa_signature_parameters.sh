#!/usr/bin/env bash
# Packages: pkijs 4.0.0 with asn1js 4.0.0 (npm).
#
# RFC 4055 section 5: where sha256WithRSAEncryption is in an
# AlgorithmIdentifier, its parameters MUST be NULL. Readers must take absent
# parameters too, which is why this goes unnoticed.
#
# Expected: Certificate.sign() with an RSA key writes 1.2.840.113549.1.1.11 and
# NULL, as OpenSSL does, in both places where the algorithm stands.
# What happens: it writes the identifier alone in both. The key in the same
# certificate, which WebCrypto encoded, has its NULL.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >npm.log
npm install --ignore-scripts --no-audit --no-fund pkijs@4.0.0 asn1js@4.0.0 >>npm.log

cat >run.mjs <<'EOF'
import { strictEqual } from "node:assert";
import { webcrypto } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import * as asn1js from "asn1js";
import * as pkijs from "pkijs";

const { version } = JSON.parse(readFileSync("node_modules/pkijs/package.json"));
console.log("pkijs", version);
pkijs.setEngine("node", new pkijs.CryptoEngine({ name: "node", crypto: webcrypto }));
const keys = await webcrypto.subtle.generateKey({
  name: "RSASSA-PKCS1-v1_5",
  hash: "SHA-256",
  modulusLength: 2048,
  publicExponent: new Uint8Array([1, 0, 1]),
}, true, ["sign", "verify"]);
const value = new asn1js.Utf8String({ value: "test" });
const name = new pkijs.AttributeTypeAndValue({ type: "2.5.4.3", value });
const certificate = new pkijs.Certificate();
certificate.version = 2;
certificate.serialNumber = new asn1js.Integer({ value: 1 });
certificate.issuer.typesAndValues.push(name);
certificate.subject.typesAndValues.push(name);
certificate.notBefore.value = new Date("2026-01-01T00:00:00Z");
certificate.notAfter.value = new Date("2027-01-01T00:00:00Z");
await certificate.subjectPublicKeyInfo.importKey(keys.publicKey);
await certificate.sign(keys.privateKey, "SHA-256");

const der = Buffer.from(certificate.toSchema(true).toBER());
writeFileSync("certificate.der", der);
const hex = der.toString("hex");
const count = (part) => hex.split(part).length - 1;
const oid = "06092a864886f70d01010b";
console.log("without parameters:", count(`300b${oid}`), "with NULL:", count(`300d${oid}0500`));
strictEqual(count(`300b${oid}`), 2, "The parameters are no longer absent");
strictEqual(count("300d06092a864886f70d0101010500"), 1, "The key has no NULL");
EOF
node run.mjs
openssl x509 -inform DER -in certificate.der -noout -subject
echo "As stated: both algorithms lack NULL."
