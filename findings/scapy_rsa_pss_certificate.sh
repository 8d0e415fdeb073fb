#!/usr/bin/env bash
# Package: scapy 2.8.0, with cryptography 50.0.2 (PyPI).
#
# RFC 4055 section 3.1: the parameters of id-RSASSA-PSS are RSASSA-PSS-params, a
# SEQUENCE that names the hash, the mask generation function and the salt's length.
# They MUST be there in the algorithm of a signature.
#
# Expected: scapy reads a certificate that was signed so, as it reads one that was
# signed by RSASSA-PKCS1-v1_5 with the same kind of key.
# What happens: the layer X509_Cert stops with a BER_Decoding_Error, "unexpected
# remainder in X509_AlgorithmIdentifier", and Cert() says "Unable to import
# certificate".
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check scapy==2.8.0 cryptography==50.0.2

make() {
  openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out "$1.pem" -subj /CN=test \
    -sha256 "${@:2}" 2>openssl.log
  openssl x509 -in "$1.pem" -outform DER -out "$1.der"
  openssl verify -CAfile "$1.pem" -check_ss_sig "$1.pem"
}
make pkcs1
make pss -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32

cat >run.py <<'EOF'
from importlib.metadata import version
from pathlib import Path

from scapy.layers.tls.cert import Cert
from scapy.layers.x509 import X509_Cert


def attempt(read):
    try:
        read()
        return "read"
    except Exception as error:
        return f"{type(error).__name__}: {str(error).splitlines()[0]}"


print("scapy", version("scapy"))
results = []
for name in ("pkcs1", "pss"):
    der = Path(name + ".der").read_bytes()
    results += [attempt(lambda: X509_Cert(der)), attempt(lambda: Cert(name + ".pem"))]
print("\n".join(results))
expected = [
    "read",
    "read",
    "BER_Decoding_Error: unexpected remainder in X509_AlgorithmIdentifier",
    "Exception: Unable to import certificate",
]
if results != expected:
    raise SystemExit("The results changed")
EOF
venv/bin/python run.py
echo "As stated: a certificate signed by RSASSA-PSS cannot be read."
