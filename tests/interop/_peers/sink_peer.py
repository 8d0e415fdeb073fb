"""A peer on Python's ssl module that only reads: it says how many bytes came on
each connection, one line of JSON a connection.
"""

import json
import socket
import ssl
import sys

options = dict(argument.split("=", 1) for argument in sys.argv[1:])
version = getattr(ssl.TLSVersion, options["version"].replace(".", "_"))


def say(**what):
    print(json.dumps(what), flush=True)


def count(sock):
    total = 0
    try:
        while chunk := sock.recv(65536):
            total += len(chunk)
        say(bytes=total)
    except OSError as error:
        say(bytes=total, error=str(error))
    sock.close()


def serve():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = context.maximum_version = version
    context.load_cert_chain(options["cert"], options["key"])
    listener = socket.create_server(("127.0.0.1", 0))
    say(port=listener.getsockname()[1])
    for _ in range(int(options["count"])):
        sock, _ = listener.accept()
        count(context.wrap_socket(sock, server_side=True))


def connect():
    context = ssl.create_default_context(cafile=options["ca"])
    context.minimum_version = context.maximum_version = version
    for _ in range(int(options["count"])):
        sock = socket.create_connection(("127.0.0.1", int(options["port"])))
        count(context.wrap_socket(sock, server_hostname="localhost"))


serve() if options["role"] == "server" else connect()
