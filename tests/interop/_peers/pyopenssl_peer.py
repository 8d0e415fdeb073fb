"""The interoperability tests' peer on pyOpenSSL, which brings a newer OpenSSL
than systems have: what arrives goes to standard output, what comes on standard
input is sent, and what was negotiated goes to standard error as one line of
JSON a connection. Bytes below 0x80 on standard input are commands: q ends the
connection, w ends writing.
"""

import json
import os
import select
import socket
import sys
import tempfile

from OpenSSL import SSL

OPTIONS = dict(argument.split("=", 1) for argument in sys.argv[1:])
VERSIONS = {
    "TLSv1": SSL.TLS1_VERSION, "TLSv1.1": SSL.TLS1_1_VERSION,
    "TLSv1.2": SSL.TLS1_2_VERSION, "TLSv1.3": SSL.TLS1_3_VERSION,
}
GROUPS = {
    "secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521",
    "x25519": "X25519", "x448": "X448",
}


def tell(**facts):
    os.write(2, (json.dumps(facts) + "\n").encode())


def make_context():
    context = SSL.Context(SSL.TLS_METHOD)
    if "min" in OPTIONS:
        context.set_min_proto_version(VERSIONS[OPTIONS["min"]])
        context.set_max_proto_version(VERSIONS[OPTIONS["max"]])
    suites = OPTIONS.get("openssl", "").split(",")
    if suites != [""] and OPTIONS["max"] == "TLSv1.3":
        context.set_tls13_ciphersuites(":".join(suites).encode())
    elif OPTIONS.get("max", "TLSv1.3") != "TLSv1.3":
        names = ":".join(suites) if suites != [""] else "DEFAULT"
        context.set_cipher_list(f"{names}:@SECLEVEL=0".encode())
    if "groups" in OPTIONS:
        names = [GROUPS.get(name, name) for name in OPTIONS["groups"].split(",")]
        # There is no public name for it.
        done = SSL._lib.SSL_CTX_set1_curves_list(
            context._context, ":".join(names).encode())
        if done != 1:
            raise ValueError(f"unknown group in {names}")
    if "cert" in OPTIONS:
        context.use_certificate_chain_file(OPTIONS["cert"])
        context.use_privatekey_file(OPTIONS["key"])
    if "ca" in OPTIONS:
        context.load_verify_locations(OPTIONS["ca"])
    configure_role(context)
    return context


# ffdhe2048 of RFC 7919: of itself it has no Diffie-Hellman parameters.
PARAMETERS = b"""\
-----BEGIN DH PARAMETERS-----
MIIBCAKCAQEA//////////+t+FRYortKmq/cViAnPTzx2LnFg84tNpWp4TZBFGQz
+8yTnc4kmz75fS/jY2MMddj2gbICrsRhetPfHtXV/WVhJDP1H18GbtCFY2VVPe0a
87VXE15/V8k1mE8McODmi3fipona8+/och3xWKE2rec1MKzKT0g6eXq8CrGCsyT7
YdEIqUuyyOP7uWrat2DX9GgdT0Kj3jlN9K5W7edjcrsZCwenyO4KbXCeAvzhzffi
7MA0BM0oNC9hkXL+nOmFg/+OTxIy7vKBg8P+OxtMb61zO7X8vC7CIAXFjvGDfRaD
ssbzSibBsu/6iGtCOGEoXJf//////////wIBAg==
-----END DH PARAMETERS-----
"""


NULLABLE = ["alpnProtocol", "ocspResponse"]
STAPLES = []


def keep_staple(connection, staple, data):
    STAPLES.append(staple)
    return True


def configure_role(context):
    alpn = [name.encode() for name in OPTIONS.get("alpn", "").split(",") if name]
    if OPTIONS["role"] == "client":
        context.set_verify(SSL.VERIFY_PEER)
        context.set_ocsp_client_callback(keep_staple)
        if alpn:
            context.set_alpn_protos(alpn)
        return
    auth = OPTIONS.get("clientauth", "none")
    if auth != "none":
        required = SSL.VERIFY_FAIL_IF_NO_PEER_CERT if auth == "require" else 0
        context.set_verify(SSL.VERIFY_PEER | required)
    context.set_session_id(b"x-tls")
    if "staple" in OPTIONS:
        with open(OPTIONS["staple"], "rb") as file:
            staple = file.read()
        context.set_ocsp_server_callback(lambda connection, data: staple)
    with tempfile.NamedTemporaryFile() as file:
        file.write(PARAMETERS)
        file.flush()
        context.load_tmp_dh(file.name)
    if OPTIONS.get("tickets") == "false":
        context.set_options(SSL.OP_NO_TICKET)
    if alpn:
        def select_protocol(connection, offered):
            for name in alpn:
                if name in offered:
                    return name
            # It goes on without one: its callback has no word for an alert.
            return SSL.NO_OVERLAPPING_PROTOCOLS
        context.set_alpn_select_callback(select_protocol)


def attempt(context, sock, session=None):
    connection = SSL.Connection(context, sock)
    if OPTIONS["role"] == "server":
        connection.set_accept_state()
    else:
        connection.set_connect_state()
        if "servername" in OPTIONS:
            connection.set_tlsext_host_name(OPTIONS["servername"].encode())
        if OPTIONS.get("requeststaple") == "true":
            connection.request_ocsp()
        if session is not None:
            connection.set_session(session)
    try:
        connection.do_handshake()
    except SSL.Error as error:
        tell(failed=repr(error))
        sock.close()
        return None
    return connection


def exporters(connection):
    label, length = OPTIONS["label"].encode(), int(OPTIONS["length"])
    context = OPTIONS["context"].encode()
    return {
        "exported": connection.export_keying_material(label, length).hex(),
        "exportedWithContext":
            connection.export_keying_material(label, length, context).hex(),
    }


def tls_unique(connection, resumed):
    """The first Finished: in an abbreviated handshake it is the server's."""
    if (OPTIONS["role"] == "client") != resumed:
        return connection.get_finished().hex()
    return connection.get_peer_finished().hex()


def report(connection):
    peer = connection.get_peer_certificate()
    name = connection.get_servername()
    cipher = connection.get_cipher_name()
    facts = {
        "version": connection.get_protocol_version_name().replace("TLSv1.0", "TLSv1"),
        "cipherSuite": cipher if cipher.startswith("TLS_") else OPTIONS.get("suites"),
        "alpnProtocol": connection.get_alpn_proto_negotiated().decode() or None,
        "serverName": name.decode() if name else None,
        "resumed": SSL._lib.SSL_session_reused(connection._ssl) == 1,
        "peerName": peer.get_subject().CN if peer else None,
    }
    facts.update(exporters(connection))
    if OPTIONS["role"] == "client":
        facts["ocspResponse"] = STAPLES[-1].hex() if STAPLES and STAPLES[-1] else None
    if facts["version"] != "TLSv1.3":
        facts["tlsUnique"] = tls_unique(connection, facts["resumed"])
    group = connection.get_group_name()
    if group and facts["version"] == "TLSv1.3":
        facts["group"] = group.replace("prime256v1", "secp256r1")
    tell(established={key: value for key, value in facts.items()
                      if value is not None or key in NULLABLE or key.endswith("Name")})


def carry(connection, sock):
    """Moves bytes both ways until a command ends the connection."""
    report(connection)
    sock.setblocking(False)
    waiting = [sys.stdin.buffer, sock]
    pending = b""
    while True:
        writing = [sock] if pending else []
        reading = waiting if len(pending) < 1 << 20 else [sock]
        if sock in waiting and connection.pending() == 0:
            ready, writable, _ = select.select(reading, writing, [])
        else:
            ready, writable, _ = select.select(reading, writing, [], 0)
            ready = [*ready, sock] if sock in waiting else ready
        if sock in waiting and sock in ready and not receive(connection):
            waiting.remove(sock)
        pending = send(connection, pending)
        if sys.stdin.buffer in ready:
            data = os.read(0, 65536)
            commands = bytes(byte for byte in data if byte < 0x80)
            pending = send(connection, pending + bytes(b for b in data if b >= 0x80))
            if b"w" in commands:
                connection.shutdown()
            if not data or b"q" in commands:
                break
    sock.setblocking(True)
    try:
        connection.shutdown()
    except SSL.Error:
        pass
    sock.close()


def receive(connection):
    try:
        while True:
            data = connection.recv(65536)
            while data:
                data = data[os.write(1, data):]
    except SSL.WantReadError:
        return True
    except SSL.ZeroReturnError:
        tell(ended=True)
    except Exception as error:
        tell(ended=False, error=repr(error))
    return False


def send(connection, data):
    try:
        while data:
            data = data[connection.send(data[:16384]):]
    except (SSL.WantReadError, SSL.WantWriteError):
        return data
    except Exception as error:
        tell(sending=repr(error))
    return b""


def dial():
    sock = socket.create_connection(("127.0.0.1", int(OPTIONS["port"])))
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def first_session(context):
    sock = dial()
    connection = attempt(context, sock)
    # The tickets come before the first byte of data.
    connection.send(b"\x80\x0a")
    connection.recv(1)
    connection.shutdown()
    session = connection.get_session()
    sock.close()
    return session


def main():
    context = make_context()
    if OPTIONS["role"] == "server":
        listener = socket.create_server(("127.0.0.1", 0))
        tell(port=listener.getsockname()[1])
        while True:
            sock = listener.accept()[0]
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = attempt(context, sock)
            if connection is not None:
                carry(connection, sock)
    session = first_session(context) if OPTIONS.get("resume") == "true" else None
    sock = dial()
    connection = attempt(context, sock, session)
    if connection is not None:
        carry(connection, sock)


main()
