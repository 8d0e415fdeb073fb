#!/usr/bin/env bash
# Packages: keytool of OpenJDK (Debian: openjdk-17-jre-headless; seen with 17.0.15,
# and with 25), and asn1crypto 1.5.1 (PyPI); OpenSSL makes the keys (seen with 3.0.19).
#
# RFC 7292 section 4: an AuthenticatedSafe is a sequence of contents, and a file may
# hold several keys. Section 4.2: a bag may have a friendlyName, a text for the user.
# Nothing says that it differs from that of other bags: localKeyId joins a key and its
# certificate.
#
# Expected: keytool lists both keys of a file, whose names are equal or differ in case
# alone, or says that it cannot tell them apart.
# What happens: it lists one, "Your keystore contains 1 entry", and exits with 0. The
# other key is gone. For "Server" and "server" too, since keytool changes the names of
# entries to small letters.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check asn1crypto==1.5.1

make() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem \
    -out cert.pem -subj /CN=test 2>openssl.log
  openssl pkcs12 -export -inkey key.pem -in cert.pem -name "$2" -nomac \
    -passout pass:secret -out "$1.pfx"
}
make one server
make two server
make capital Server
make other backup

cat >join.py <<'EOF'
from pathlib import Path

from asn1crypto.core import OctetString
from asn1crypto.pkcs12 import AuthenticatedSafe, Pfx


def contents(name):
    file = Pfx.load(Path(name + ".pfx").read_bytes())
    return list(AuthenticatedSafe.load(file["auth_safe"]["content"].native))


def join(first, second, name):
    both = AuthenticatedSafe(contents(first) + contents(second)).dump()
    safe = {"content_type": "data", "content": OctetString(both)}
    Path(name).write_bytes(Pfx({"version": "v3", "auth_safe": safe}).dump())


join("one", "other", "different.p12")
join("one", "two", "equal.p12")
join("one", "capital", "case.p12")
EOF
venv/bin/python join.py

java -version 2>&1 | sed -n 2p
for name in different equal case; do
  openssl pkcs12 -in "$name.p12" -passin pass:secret -nodes >"$name.pem" 2>openssl.log
  echo "$name: OpenSSL reads $(grep -c 'BEGIN PRIVATE KEY' "$name.pem") keys"
  keytool -J-Duser.language=en -list -keystore "$name.p12" -storepass secret |
    grep -E '^Your keystore|PrivateKeyEntry' | sed 's/, .*, Private/: Private/' | tee "$name.txt"
done
diff different.txt - <<'EXPECTED'
Your keystore contains 2 entries
backup: PrivateKeyEntry, 
server: PrivateKeyEntry, 
EXPECTED
for name in equal case; do
  diff "$name.txt" - <<'EXPECTED'
Your keystore contains 1 entry
server: PrivateKeyEntry, 
EXPECTED
done
echo "As stated: of two keys with one name, one is lost."
