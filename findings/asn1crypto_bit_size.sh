#!/usr/bin/env bash
# Package: asn1crypto 1.5.1 (PyPI).
#
# PublicKeyInfo.bit_size is documented as the bit size of the public key. RFC
# 5480 section 2.1.1.1 names the curve secp521r1, whose field has 521 bits. RFC
# 8410 section 3 has keys of Ed25519, which asn1crypto reads and names.
#
# Expected: 521 for secp521r1, as 256 for secp256r1 and 384 for secp384r1, and a
# number or a documented error for Ed25519.
# What happens: 528 for secp521r1, since the size is rounded up to whole octets,
# and an UnboundLocalError for Ed25519, although its algorithm was recognised.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check asn1crypto==1.5.1

for curve in P-256 P-384 P-521; do
  openssl genpkey -algorithm EC -pkeyopt "ec_paramgen_curve:$curve" |
    openssl pkey -pubout -outform DER -out "$curve.der"
done
openssl genpkey -algorithm ED25519 | openssl pkey -pubout -outform DER -out Ed25519.der
openssl pkey -pubin -inform DER -in P-521.der -noout -text | head -n 1

cat >run.py <<'EOF'
from pathlib import Path

from asn1crypto import version
from asn1crypto.keys import PublicKeyInfo


def bit_size(name):
    key = PublicKeyInfo.load(Path(name + ".der").read_bytes())
    try:
        size = key.bit_size
    except Exception as error:
        size = type(error).__name__
    print(name, key.algorithm, size)
    return size


print("asn1crypto", version.__version__)
sizes = [bit_size(name) for name in ("P-256", "P-384", "P-521", "Ed25519")]
expected = [256, 384, 528, "UnboundLocalError"]
if sizes != expected:
    raise SystemExit(f"The sizes changed: expected {expected}, got {sizes}")
EOF
venv/bin/python run.py
echo "As stated: P-521 has 528 bits, and Ed25519 an UnboundLocalError."
