#!/usr/bin/env bash
# Packages: cryptography 50.0.2 (PyPI); OpenSSL writes the text (seen with 3.0.19).
#
# RFC 4514 section 2.4: a value may be "#" and the hexadecimal digits of its BER
# encoding, and SHOULD be so if the type is an OID in dotted-decimal form. Section 3
# has the syntax for the way back.
#
# Expected: Name.from_rfc4514_string() decodes the BER, and "#0C0568656C6C6F" is the
# string "hello".
# What happens: the octets of the encoding are the value, so that it begins with the
# tag and the length: "\x0c\x05hello". A subject that OpenSSL writes by RFC 2253
# becomes another name, without an error. On the way out the value follows the OID
# as plain text.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check cryptography==50.0.2

cat >openssl.cnf <<'EOF'
oid_section = identifiers
[identifiers]
exampleAttribute = 2.999.7
[req]
distinguished_name = name
prompt = no
utf8 = yes
string_mask = utf8only
[name]
exampleAttribute = hello
EOF
openssl req -x509 -config openssl.cnf -newkey ec -pkeyopt ec_paramgen_curve:P-256 \
  -nodes -keyout key.pem -out certificate.pem 2>openssl.log
openssl x509 -in certificate.pem -noout -subject -nameopt RFC2253 | tee subject.txt
grep -qx 'subject=2.999.7=#0C0568656C6C6F' subject.txt

cat >run.py <<'EOF'
from importlib.metadata import version
from pathlib import Path

from cryptography import x509

print("cryptography", version("cryptography"))
subject = x509.load_pem_x509_certificate(Path("certificate.pem").read_bytes()).subject
text = Path("subject.txt").read_text().strip().removeprefix("subject=")
again = x509.Name.from_rfc4514_string(text)
values = [next(iter(name)).value for name in (subject, again)]
print("in the certificate:", repr(values[0]))
print("from the text of OpenSSL:", repr(values[1]))
print("the text of cryptography:", subject.rfc4514_string())
if values != ["hello", "\x0c\x05hello"]:
    raise SystemExit("The values changed")
if subject.rfc4514_string() != "2.999.7=hello":
    raise SystemExit("The text changed")
EOF
venv/bin/python run.py
echo "As stated: the tag and the length become a part of the value."
