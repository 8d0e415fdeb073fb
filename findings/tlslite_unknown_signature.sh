#!/usr/bin/env bash
# Packages: tlslite-ng 0.8.2, and cryptography 50.0.2 (PyPI), which makes the
# certificate.
#
# RFC 9881 section 2: id-ml-dsa-65 stands for signatures and keys of ML-DSA in
# certificates.
#
# Expected: tlslite.x509.X509().parse() of a certificate with an algorithm that
# tlslite-ng does not have raises the SyntaxError that it raises for a key of an
# unknown algorithm ("Unrecognized AlgorithmIdentifier").
# What happens: it is a KeyError, whose text is the DER of the identifier as bytes.
# A program that catches the error of the parser does not catch this one.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check tlslite-ng==0.8.2 cryptography==50.0.2

cat >run.py <<'EOF'
from datetime import datetime, timedelta, timezone
from importlib.metadata import version

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, mldsa, x25519
from tlslite.x509 import X509

name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
now = datetime.now(timezone.utc)


def certificate(key, signer, digest):
    return (
        x509.CertificateBuilder().subject_name(name).issuer_name(name)
        .public_key(key.public_key()).serial_number(1)
        .not_valid_before(now).not_valid_after(now + timedelta(days=1))
        .sign(signer, digest).public_bytes(serialization.Encoding.PEM).decode()
    )


def parse(text):
    try:
        return X509().parse(text).certAlg
    except Exception as error:
        return f"{type(error).__name__}: {error}"


print("tlslite-ng", version("tlslite-ng"))
ecdsa = ec.generate_private_key(ec.SECP256R1())
ml_dsa = mldsa.MLDSA65PrivateKey.generate()
results = [
    parse(certificate(ecdsa, ecdsa, hashes.SHA256())),
    parse(certificate(x25519.X25519PrivateKey.generate(), ecdsa, hashes.SHA256())),
    parse(certificate(ml_dsa, ml_dsa, None)),
]
for algorithm, result in zip(["ECDSA", "key of X25519", "ML-DSA-65"], results):
    print(f"{algorithm}: {result}")
if results[:2] != ["ecdsa", "SyntaxError: Unrecognized AlgorithmIdentifier"]:
    raise SystemExit("The other certificates are read otherwise now")
if not results[2].startswith("KeyError: b'"):
    raise SystemExit("The error for ML-DSA changed")
EOF
venv/bin/python run.py
echo "As stated: an unknown signature algorithm is a KeyError."
