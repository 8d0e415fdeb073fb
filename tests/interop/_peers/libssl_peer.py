"""The tests' peer on a libssl that a Python package carries: raw public keys
(RFC 7250), which no program that is to be had shows.

It says what happened in lines of JSON on standard error; a server sends back
what it gets, a client sends "hello" and reads it again.
"""

import ctypes
import glob
import importlib.util
import json
import os
import socket
import sys

OPTIONS = dict(argument.split("=", 1) for argument in sys.argv[1:])
VERSIONS = {"TLSv1.2": 0x0303, "TLSv1.3": 0x0304}
RAW_PUBLIC_KEY = b"\x02"
SSL_VERIFY_PEER = 1
SSL_VERIFY_FAIL_IF_NO_PEER_CERT = 2
SSL_FILETYPE_PEM = 1
SSL_CTRL_SET_MIN_PROTO_VERSION = 123
SSL_CTRL_SET_MAX_PROTO_VERSION = 124

POINTER, TEXT, LONG = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_long


def load(name):
    """One of the two libraries beside the package."""
    package = importlib.util.find_spec("psycopg_binary")
    folder = os.path.dirname(os.path.dirname(package.origin))
    (path,) = glob.glob(f"{folder}/psycopg_binary.libs/{name}-*.so.3")
    return ctypes.CDLL(path, mode=ctypes.RTLD_GLOBAL)


crypto = load("libcrypto")
ssl = load("libssl")


def function(library, name, result, *arguments):
    """A function of a library, which throws if it gives zero or null."""
    call = getattr(library, name)
    call.restype, call.argtypes = result, arguments

    def checked(*values):
        given = call(*values)
        if not given or (result is ctypes.c_int and given < 0):
            raise RuntimeError(f"{name}: {last_error()}")
        return given

    return checked


def last_error():
    crypto.ERR_get_error.restype = ctypes.c_ulong
    text = ctypes.create_string_buffer(256)
    number = ctypes.c_ulong(crypto.ERR_get_error())
    crypto.ERR_error_string_n(number, text, ctypes.c_size_t(256))
    return text.value.decode()


INT = ctypes.c_int
new_file = function(crypto, "BIO_new_file", POINTER, TEXT, TEXT)
read_public_key = function(
    crypto, "PEM_read_bio_PUBKEY", POINTER, POINTER, POINTER, POINTER, POINTER)
encode_public_key = function(
    crypto, "i2d_PUBKEY", INT, POINTER, ctypes.POINTER(POINTER))
new_context = function(ssl, "SSL_CTX_new", POINTER, POINTER)
control = function(
    ssl, "SSL_CTX_ctrl", LONG, POINTER, INT, LONG, POINTER)
use_key = function(
    ssl, "SSL_CTX_use_PrivateKey_file", INT, POINTER, TEXT, INT)
server_types = function(
    ssl, "SSL_CTX_set1_server_cert_type", INT, POINTER, TEXT, ctypes.c_size_t)
client_types = function(
    ssl, "SSL_CTX_set1_client_cert_type", INT, POINTER, TEXT, ctypes.c_size_t)
context_dane = function(ssl, "SSL_CTX_dane_enable", INT, POINTER)
connection_dane = function(ssl, "SSL_dane_enable", INT, POINTER, TEXT)
new_connection = function(ssl, "SSL_new", POINTER, POINTER)
set_socket = function(ssl, "SSL_set_fd", INT, POINTER, INT)
expect_key = function(ssl, "SSL_add_expected_rpk", INT, POINTER, POINTER)
handshake = function(ssl, "SSL_do_handshake", INT, POINTER)
peer_key = function(ssl, "SSL_get0_peer_rpk", POINTER, POINTER)
read = function(ssl, "SSL_read", INT, POINTER, POINTER, INT)
write = function(ssl, "SSL_write", INT, POINTER, TEXT, INT)
version = function(ssl, "SSL_get_version", TEXT, POINTER)


def tell(**facts):
    print(json.dumps(facts), file=sys.stderr, flush=True)


def make_context():
    ssl.TLS_method.restype = POINTER
    context = new_context(ssl.TLS_method())
    number = VERSIONS[OPTIONS["version"]]
    control(context, SSL_CTRL_SET_MIN_PROTO_VERSION, number, None)
    control(context, SSL_CTRL_SET_MAX_PROTO_VERSION, number, None)
    use_key(context, OPTIONS["key"].encode(), SSL_FILETYPE_PEM)
    server_types(context, RAW_PUBLIC_KEY, 1)
    client_types(context, RAW_PUBLIC_KEY, 1)
    # A key is expected by a record of DANE, which no name has to have.
    context_dane(context)
    mode = SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT
    ssl.SSL_CTX_set_verify.argtypes = (POINTER, INT, POINTER)
    ssl.SSL_CTX_set_verify(context, mode, None)
    return context


def establish(context, sock, role):
    connection = new_connection(context)
    connection_dane(connection, None)
    file = new_file(OPTIONS["pin"].encode(), b"r")
    expect_key(connection, read_public_key(file, None, None, None))
    set_socket(connection, sock.fileno())
    start = ssl.SSL_set_accept_state if role == "server" \
        else ssl.SSL_set_connect_state
    start.argtypes = (POINTER,)
    start(connection)
    handshake(connection)
    tell(version=version(connection).decode(), key=encoded(peer_key(connection)))
    return connection


def encoded(key):
    place = POINTER(None)
    length = encode_public_key(key, ctypes.byref(place))
    return ctypes.string_at(place, length).hex()


def receive(connection):
    buffer = ctypes.create_string_buffer(4096)
    length = read(connection, buffer, len(buffer))
    return buffer.raw[:length]


def main():
    context = make_context()
    if OPTIONS["role"] == "server":
        listener = socket.create_server(("127.0.0.1", 0))
        tell(port=listener.getsockname()[1])
        sock, _ = listener.accept()
        connection = establish(context, sock, "server")
        data = receive(connection)
        write(connection, data, len(data))
    else:
        address = ("127.0.0.1", int(OPTIONS["port"]))
        sock = socket.create_connection(address)
        connection = establish(context, sock, "client")
        write(connection, b"hello", 5)
        tell(data=receive(connection).decode())
    ssl.SSL_shutdown.argtypes = (POINTER,)
    ssl.SSL_shutdown(connection)
    sys.stdin.read()


try:
    main()
except RuntimeError as error:
    tell(failed=str(error))
    sys.exit(1)
