"""The interoperability tests' peer on tlslite-ng: what arrives goes to
standard output, what comes on standard input is sent, and what was negotiated
goes to standard error as one line of JSON a connection. Bytes below 0x80 on
standard input are commands: q ends the connection, K and k update the keys.
"""

import json
import os
import select
import socket
import sys

from tlslite.api import (
    HandshakeSettings, SessionCache, TLSConnection, X509CertChain, parsePEMKey,
)
from tlslite.constants import CipherSuite, GroupName, KeyUpdateMessageType

OPTIONS = dict(argument.split("=", 1) for argument in sys.argv[1:])
SESSIONS = SessionCache()
VERSIONS = {"TLSv1": (3, 1), "TLSv1.1": (3, 2), "TLSv1.2": (3, 3), "TLSv1.3": (3, 4)}
def tell(**facts):
    os.write(2, (json.dumps(facts) + "\n").encode())


def settings():
    made = HandshakeSettings()
    made.minVersion = VERSIONS[OPTIONS.get("min", "TLSv1.2")]
    made.maxVersion = VERSIONS[OPTIONS.get("max", "TLSv1.3")]
    if "suites" in OPTIONS:
        choose_suite(made, OPTIONS["suites"])
    if "groups" in OPTIONS:
        made.eccCurves = OPTIONS["groups"].split(",")
        made.keyShares = made.eccCurves[:1]
        made.defaultCurve = made.eccCurves[0]
        made.dhGroups = []
    if OPTIONS["role"] == "client":
        # It would compress its certificate because it had offered to take
        # compressed ones itself, and not because it was asked (RFC 8879).
        made.certificate_compression_send = []
    # The server seals its tickets with it.
    if OPTIONS.get("tickets") != "false":
        made.ticketKeys = [bytearray(range(32))]
    return made


def choose_suite(made, suite):
    """Lets that one in, by the names of its parts."""
    exchange, _, cipher = suite.removeprefix("TLS_").rpartition("WITH_")
    name, _, mac = cipher.partition("_SHA")
    made.cipherNames = [{
        "AES_128_GCM": "aes128gcm", "AES_256_GCM": "aes256gcm",
        "CHACHA20_POLY1305": "chacha20-poly1305",
        "AES_128_CCM": "aes128ccm", "AES_256_CCM": "aes256ccm",
        "AES_128_CCM_8": "aes128ccm_8", "AES_256_CCM_8": "aes256ccm_8",
        "AES_128_CBC": "aes128", "AES_256_CBC": "aes256",
        "3DES_EDE_CBC": "3des", "RC4_128": "rc4",
    }[name]]
    if exchange:
        made.keyExchangeNames = [exchange.rstrip("_").lower()]
        old = "CBC" in name or "RC4" in name
        made.macNames = ["sha" + mac if old else "aead"]


def identity():
    if "cert" not in OPTIONS:
        return None, None
    chain = X509CertChain()
    with open(OPTIONS["cert"]) as file:
        chain.parsePemList(file.read())
    with open(OPTIONS["key"]) as file:
        key = parsePEMKey(file.read(), private=True)
    return chain, key


def alpn():
    names = OPTIONS.get("alpn")
    return [bytearray(name.encode()) for name in names.split(",")] if names else None


def shake_hands(connection, session=None):
    chain, key = identity()
    if OPTIONS["role"] == "server":
        connection.handshakeServer(
            certChain=chain, privateKey=key, settings=settings(), alpn=alpn(),
            sessionCache=SESSIONS if OPTIONS.get("tickets") == "false" else None,
            reqCert=OPTIONS.get("clientauth", "none") != "none")
    else:
        connection.handshakeClientCert(
            chain, key, session=session, settings=settings(), alpn=alpn(),
            serverName=OPTIONS.get("servername", ""))
    report(connection)


def report(connection):
    session = connection.session
    suite = CipherSuite.ietfNames.get(session.cipherSuite, "unknown")
    server_name = session.serverName
    if isinstance(server_name, (bytes, bytearray)):
        server_name = server_name.decode()
    protocol = session.appProto
    facts = {
        "version": {value: name for name, value in VERSIONS.items()}[connection.version],
        "cipherSuite": suite,
        "alpnProtocol": protocol.decode() if protocol else None,
        "serverName": server_name or None,
        "resumed": bool(connection.resumed),
    }
    # What a client answers to a CertificateRequest it takes into the exporter
    # secret of TLS 1.3, which has the transcript up to the server's Finished
    # (RFC 9846 section 7.1). As the client it does not say if it was asked.
    asked = (OPTIONS["role"] == "client"
             or OPTIONS.get("clientauth", "none") != "none")
    if facts["version"] != "TLSv1.3" or not asked:
        facts["exported"] = connection.keyingMaterialExporter(
            bytearray(OPTIONS["label"].encode()), int(OPTIONS["length"])).hex()
    group = getattr(connection, "ecdhCurve", None)
    if group:
        facts["group"] = GroupName.toStr(group)
    tell(established=facts)


def carry(connection, sock):
    """Moves bytes both ways until a command ends the connection."""
    sock.setblocking(False)
    waiting = [sys.stdin.buffer, sock]
    reading = connection.readAsync(max=65536, min=1)
    while True:
        # Records that came with the handshake are in no socket any more.
        if sock in waiting:
            reading = receive(connection, reading)
            if reading is None:
                waiting.remove(sock)
        ready = select.select(waiting, [], [])[0]
        if sys.stdin.buffer in ready and not command(connection, sock):
            return


def receive(connection, reading):
    """Takes all that is there; gives the reading to go on with."""
    while True:
        try:
            data = next(reading)
        except Exception as error:
            tell(ended=False, error=repr(error))
            return None
        if data in (0, 1):
            return reading
        if not data:
            tell(ended=True)
            return None
        while data:
            data = data[os.write(1, data):]
        reading = connection.readAsync(max=65536, min=1)


def command(connection, sock):
    data = os.read(0, 65536)
    if not data:
        return False
    payload = bytes(byte for byte in data if byte >= 0x80)
    if payload:
        drive(connection.writeAsync(payload), sock)
    for byte in data:
        if byte == ord("q"):
            drive(connection.closeAsync(), sock)
            return False
        if byte in b"Kk":
            kind = (KeyUpdateMessageType.update_requested if byte == ord("K")
                    else KeyUpdateMessageType.update_not_requested)
            drive(connection.send_keyupdate_request(kind), sock)
            tell(keyUpdate=True)
    return True


def drive(steps, sock):
    try:
        for step in steps:
            select.select([sock] if step == 0 else [], [sock] if step == 1 else [], [], 5)
    except Exception as error:
        tell(sending=repr(error))


def attempt(sock, session=None):
    connection = TLSConnection(sock)
    connection.closeSocket = True
    try:
        shake_hands(connection, session)
    except Exception as error:
        tell(failed=repr(error))
        sock.close()
        return None
    return connection


def dial():
    sock = socket.create_connection(("127.0.0.1", int(OPTIONS["port"])))
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def first_session():
    connection = TLSConnection(dial())
    chain, key = identity()
    connection.handshakeClientCert(
        chain, key, settings=settings(), alpn=alpn(),
        serverName=OPTIONS.get("servername", ""))
    # The tickets come before the first byte of data.
    connection.write(b"\x80\x0a")
    connection.read(max=1, min=1)
    connection.close()
    return connection.session


def main():
    if OPTIONS["role"] == "server":
        listener = socket.create_server(("127.0.0.1", 0))
        tell(port=listener.getsockname()[1])
        while True:
            sock = listener.accept()[0]
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = attempt(sock)
            if connection is not None:
                carry(connection, sock)
    session = first_session() if OPTIONS.get("resume") == "true" else None
    sock = dial()
    connection = attempt(sock, session)
    if connection is not None:
        carry(connection, sock)


main()
