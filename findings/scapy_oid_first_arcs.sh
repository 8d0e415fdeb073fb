#!/usr/bin/env bash
# Package: scapy 2.8.0 (PyPI).
#
# X.690 section 8.19.4: the first two arcs of an OBJECT IDENTIFIER are one number,
# 40 * first + second. Under the arc 2 the second may exceed 39, as in 2.999, the
# arc that is set aside for examples.
#
# Expected: an extension 2.999.3 of a certificate is shown under that name.
# What happens: it is shown as 26.39.3. The number is divided by 40 without the
# upper bound of 2 for the first arc. The bytes are the right ones when written.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check scapy==2.8.0

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem \
  -outform DER -out cert.der -subj /CN=test -addext 2.999.3=ASN1:NULL \
  -addext certificatePolicies=2.23.140.1.2.1 2>openssl.log
openssl x509 -inform DER -in cert.der -noout -text | grep -F 2.999.3

cat >run.py <<'EOF'
import logging
from pathlib import Path

logging.getLogger("scapy").setLevel(logging.ERROR)
import scapy
from scapy.layers.x509 import X509_Cert

print("scapy", scapy.__version__)
der = Path("cert.der").read_bytes()
certificate = X509_Cert(der)
names = [extension.extnID.val for extension in certificate.tbsCertificate.extensions]
print(names)
if "26.39.3" not in names or "2.999.3" in names:
    raise SystemExit("The identifier is read otherwise now")
if bytes(certificate) != der:
    raise SystemExit("The certificate is written otherwise")
EOF
venv/bin/python run.py
echo "As stated: 2.999.3 is read as 26.39.3."
