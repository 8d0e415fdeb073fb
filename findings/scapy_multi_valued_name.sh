#!/usr/bin/env bash
# Package: scapy 2.8.0, with cryptography 50.0.2 (PyPI).
#
# RFC 5280 section 4.1.2.4 (Issuer): each RelativeDistinguishedName of a name is a
# SET of one or more attributes.
#
# Expected: Cert.subject and Cert.subject_str show all attributes of a certificate's
# subject.
# What happens: they show the first attribute of each SET as it is encoded, and
# leave out the others without a word.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check scapy==2.8.0 cryptography==50.0.2

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem \
  -out certificate.pem -subj '/O=Organization+OU=Unit/CN=test+serialNumber=7' \
  -multivalue-rdn 2>openssl.log
openssl x509 -in certificate.pem -noout -subject

cat >run.py <<'EOF'
from importlib.metadata import version

from scapy.layers.tls.cert import Cert

print("scapy", version("scapy"))
certificate = Cert("certificate.pem")
print(certificate.subject_str)
print(certificate.subject)
if certificate.subject_str != "/OU=Unit/serialNumber=7":
    raise SystemExit("The text changed")
if certificate.subject != {"organizationUnitName": "Unit", "serialNumber": "7"}:
    raise SystemExit("The attributes changed")
EOF
venv/bin/python run.py
echo "As stated: the second attribute of each SET is left out."
