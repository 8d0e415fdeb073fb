#!/usr/bin/env bash
# Package: libssl of OpenSSL 3.5.9, as psycopg-binary 3.3.9 (PyPI) brings it.
#
# RFC 7250: a peer may send a raw public key in place of a certificate. The client
# has to know the key from elsewhere, and SSL_add_expected_rpk() tells it to OpenSSL.
# Its manual page calls that a wrapper around SSL_dane_tlsa_add().
#
# Expected: without SSL_dane_enable() it fails with an error in the queue, as
# SSL_dane_tlsa_add() does ("dane not enabled"). A program prints the queue.
# What happens: it returns 0, and the queue is empty. After SSL_CTX_dane_enable() and
# SSL_dane_enable() it returns 1.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check psycopg-binary==3.3.9

cat >run.py <<'EOF'
import ctypes
from pathlib import Path
from sysconfig import get_path

folder = Path(get_path("purelib")) / "psycopg_binary.libs"


def library(name):
    return ctypes.CDLL(str(next(folder.glob(name + "-*.so.*"))), mode=ctypes.RTLD_GLOBAL)


crypto, ssl = library("libcrypto"), library("libssl")
pointer, text, number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int


def function(source, name, result, *arguments):
    found = getattr(source, name)
    found.restype, found.argtypes = result, arguments
    return found


version = function(crypto, "OpenSSL_version", text, number)
make_key = function(crypto, "EVP_PKEY_Q_keygen", pointer, pointer, text, text)
next_error = function(crypto, "ERR_get_error", ctypes.c_ulong)
error_text = function(crypto, "ERR_reason_error_string", text, ctypes.c_ulong)
client_method = function(ssl, "TLS_client_method", pointer)
new_context = function(ssl, "SSL_CTX_new", pointer, pointer)
new_ssl = function(ssl, "SSL_new", pointer, pointer)
enable_in_context = function(ssl, "SSL_CTX_dane_enable", number, pointer)
enable = function(ssl, "SSL_dane_enable", number, pointer, text)
add_record = function(
    ssl, "SSL_dane_tlsa_add", number, pointer, *[ctypes.c_uint8] * 3, text, ctypes.c_size_t
)
add_key = function(ssl, "SSL_add_expected_rpk", number, pointer, pointer)


def outcome(name, result):
    code = next_error()
    lines.append(f"{name}: {result}, {error_text(code).decode() if code else 'no error'}")


lines = []
print(version(0).decode())
key = make_key(None, None, b"ED25519")
context = new_context(client_method())
connection = new_ssl(context)
outcome("SSL_dane_tlsa_add", add_record(connection, 3, 1, 1, bytes(32), 32))
outcome("SSL_add_expected_rpk", add_key(connection, key))
enable_in_context(context)
connection = new_ssl(context)
enable(connection, None)
outcome("SSL_add_expected_rpk with DANE", add_key(connection, key))
print("\n".join(lines))
expected = [
    "SSL_dane_tlsa_add: -1, dane not enabled",
    "SSL_add_expected_rpk: 0, no error",
    "SSL_add_expected_rpk with DANE: 1, no error",
]
if lines != expected:
    raise SystemExit("The results changed")
EOF
venv/bin/python run.py
echo "As stated: the function fails with an empty error queue."
