#!/usr/bin/env bash
# Packages: asn1crypto 1.5.1, and cryptography 50.0.2 (PyPI), which makes the
# certificates.
#
# RFC 9688 section 3.2: ecdsa-with-SHA3-256 and three more are identifiers of
# signature algorithms.
#
# Expected: hash_algo of the signature algorithm of such a certificate is the hash,
# "sha3_256", as it is "sha256" for SHA-256: asn1crypto has a name for the
# algorithm, "sha3_256_ecdsa".
# What happens: signature_algo is "ecdsa", and hash_algo raises a ValueError, "Hash
# algorithm not known for sha3_256_ecdsa".
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check asn1crypto==1.5.1 cryptography==50.0.2

cat >run.py <<'EOF'
from datetime import datetime, timedelta, timezone
from importlib.metadata import version

from asn1crypto.x509 import Certificate
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
now = datetime.now(timezone.utc)
key = ec.generate_private_key(ec.SECP256R1())


def read(digest):
    der = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name)
        .public_key(key.public_key()).serial_number(1)
        .not_valid_before(now).not_valid_after(now + timedelta(days=1))
        .sign(key, digest).public_bytes(serialization.Encoding.DER)
    )
    algorithm = Certificate.load(der)["signature_algorithm"]
    try:
        digest_name = algorithm.hash_algo
    except ValueError as error:
        digest_name = f"ValueError: {error}"
    return algorithm["algorithm"].native, algorithm.signature_algo, digest_name


print("asn1crypto", version("asn1crypto"))
known, unknown = read(hashes.SHA256()), read(hashes.SHA3_256())
print(known, unknown, sep="\n")
if known != ("sha256_ecdsa", "ecdsa", "sha256"):
    raise SystemExit("The other certificate is read otherwise now")
if unknown != (
    "sha3_256_ecdsa", "ecdsa", "ValueError: Hash algorithm not known for sha3_256_ecdsa"
):
    raise SystemExit("The outcome for SHA-3 changed")
EOF
venv/bin/python run.py
echo "As stated: the hash of ECDSA with SHA-3 is not known."
