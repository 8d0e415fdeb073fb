#!/usr/bin/env bash
# Packages: pkijs 4.0.0 (npm), and cryptography 50.0.2 (PyPI), which makes the
# response.
#
# RFC 6960 section 4.2.1: the certificates in a BasicOCSPResponse are OPTIONAL.
# Section 4.2.2.2 (Authorized Responders): the CA that issued the certificate may
# sign the response itself, and the client has that certificate already.
#
# Expected: BasicOCSPResponse.verify() looks for the signer among the trusted
# certificates that it is given, and returns true.
# What happens: it throws "No certificates attached to the BasicOCSPResponse".
# When the program attaches the same certificate to the parsed response by hand,
# it returns true.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >npm.log
npm install --ignore-scripts --no-audit --no-fund pkijs@4.0.0 >>npm.log
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check cryptography==50.0.2

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 \
  -keyout key.pem -out ca.pem -subj "/CN=Test CA" 2>openssl.log
cat >respond.py <<'EOF'
from datetime import datetime, timedelta, timezone
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp

ca = x509.load_pem_x509_certificate(Path("ca.pem").read_bytes())
key = serialization.load_pem_private_key(Path("key.pem").read_bytes(), None)
now = datetime.now(timezone.utc)
response = (
    ocsp.OCSPResponseBuilder()
    .add_response(ca, ca, hashes.SHA256(), ocsp.OCSPCertStatus.GOOD,
                  now, now + timedelta(days=1), None, None)
    .responder_id(ocsp.OCSPResponderEncoding.NAME, ca)
    .sign(key, hashes.SHA256())
)
Path("response.der").write_bytes(response.public_bytes(serialization.Encoding.DER))
EOF
venv/bin/python respond.py
openssl ocsp -respin response.der -sha256 -issuer ca.pem -cert ca.pem -CAfile ca.pem

cat >run.mjs <<'EOF'
import { strictEqual } from "node:assert";
import { webcrypto, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import * as pkijs from "pkijs";

pkijs.setEngine("node", new pkijs.CryptoEngine({ name: "node", crypto: webcrypto }));
const ca = pkijs.Certificate.fromBER(new X509Certificate(readFileSync("ca.pem")).raw);
const { responseBytes } = pkijs.OCSPResponse.fromBER(readFileSync("response.der"));
const response = pkijs.BasicOCSPResponse.fromBER(responseBytes.response.getValue());
const verify = () => response.verify({ trustedCerts: [ca] }).catch((error) => error.message);
const without = await verify();
response.certs = [ca];
const attached = await verify();
console.log("without certificates:", without);
console.log("attached by hand:    ", attached);
strictEqual(without, "No certificates attached to the BasicOCSPResponse");
strictEqual(attached, true);
EOF
node run.mjs
echo "As stated: a response that the CA signed needs the CA attached."
