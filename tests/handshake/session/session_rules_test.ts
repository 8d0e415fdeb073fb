/**
 * Sessions whose bytes were damaged where they were kept, and sessions that
 * cannot be.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { TlsError } from "../../../errors.ts";
import { Session } from "../../../handshake/session/session.ts";
import {
  encodeSessionState,
  FRAME_LENGTH,
  frameSession,
  readTicketState,
  TicketStates,
} from "../../../handshake/session/session_codec.ts";
import {
  SERVER_SESSION,
  type SessionState,
} from "../../../handshake/session/session_state.ts";
import { CertificateType, CipherSuite } from "../../../registry.ts";
import { certificate, pattern } from "../../_pair.ts";
import { sessionsOf } from "../_resumption.ts";

const { cert, key } = await certificate({ names: ["me"] });
const [tls13] = await sessionsOf({ cert, key }, { clientAuth: "request" });
const [tls12] = await sessionsOf({ maxVersion: "TLSv1.2" });
const [unverified] = await sessionsOf({ verify: () => true, serverName: "x" });
assert(tls13 !== undefined && tls12 !== undefined && unverified !== undefined);

Deno.test("Session.import() reads the result of export()", () => {
  for (const session of [tls13, tls12, unverified]) {
    const bytes = session.export();
    assertEquals(Session.import(bytes).export(), bytes);
  }
});

Deno.test("Session.import() refuses a session with any byte altered, cut off or added", () => {
  const bytes = tls13.export();
  for (let at = 0; at < bytes.length; at++) {
    refused(bytes.with(at, (bytes[at] as number) ^ 1));
  }
  for (const length of [0, 1, 8, 9, bytes.length - 1]) {
    refused(bytes.subarray(0, length));
  }
  refused(Uint8Array.of(...bytes, 0));
});

/** What cannot be, and whose it would be. */
const impossible: Record<
  string,
  [Session, (state: SessionState) => unknown, string]
> = {
  "of the other side": [tls13, () => ({ side: SERVER_SESSION }), "other side"],
  "of SSL 3.0": [tls12, () => ({ version: 0x0300 }), "version is unknown"],
  "of an unknown version": [
    tls13,
    () => ({ version: 0x0305 }),
    "version is unknown",
  ],
  "with a suite that nobody knows": [
    tls12,
    () => ({ cipherSuite: 0x1399 }),
    "cipher suite is unknown",
  ],
  "with a suite of TLS 1.3 in TLS 1.2": [
    tls12,
    () => ({ cipherSuite: CipherSuite.TLS_AES_128_GCM_SHA256 }),
    "cipher suite is unknown",
  ],
  "with a suite of TLS 1.2 in TLS 1.3": [
    tls13,
    () => ({ cipherSuite: Session.stateOf(tls12).cipherSuite }),
    "cipher suite is unknown",
  ],
  "with what is no suite": [
    tls12,
    () => ({ cipherSuite: CipherSuite.TLS_FALLBACK_SCSV }),
    "cipher suite is unknown",
  ],
  "with no secret": [
    tls13,
    () => ({ secret: new Uint8Array() }),
    "secret has not",
  ],
  "with a short secret": [
    tls12,
    ({ secret }) => ({ secret: secret.subarray(1) }),
    "secret has not 48 bytes",
  ],
  "that lasts more than seven days": [
    tls13,
    () => ({ lifetime: 604_801 }),
    "more than seven days",
  ],
  "that is half bound": [
    tls12,
    () => ({ extendedMasterSecret: 2 }),
    "a flag is neither",
  ],
  "with an unknown fragment length": [
    tls12,
    () => ({ maxFragmentLength: 5 }),
    "MaxFragmentLength is unknown",
  ],
  "without a ticket": [
    tls13,
    () => ({ ticket: new Uint8Array(), sessionId: pattern(32) }),
    "it has no ticket",
  ],
  "without ticket and session ID": [
    tls12,
    () => ({ ticket: new Uint8Array(), sessionId: new Uint8Array() }),
    "neither a ticket nor",
  ],
  "with a certificate that is none": [
    tls13,
    ({ peer }) => ({ peer: { ...peer, certificates: [pattern(40)] } }),
    "cannot be read",
  ],
  "with a path of what is no certificate": [
    tls13,
    ({ peer }) => ({ peer: { ...peer, path: [pattern(40)] } }),
    "cannot be read",
  ],
  "verified, without a path": [
    tls13,
    ({ peer }) => ({ peer: { ...peer, path: [] } }),
    "contradicts itself",
  ],
  "verified, with errors": [
    unverified,
    ({ peer }) => ({ peer: { ...peer, verified: 1 } }),
    "contradicts itself",
  ],
  "unverified, without a reason": [
    tls13,
    ({ peer }) => ({ peer: { ...peer, verified: 0 } }),
    "contradicts itself",
  ],
  "with an error that there is not": [
    unverified,
    ({ peer }) => ({
      peer: {
        ...peer,
        errors: [{ code: "toString", message: "", certificate: 0 }],
      },
    }),
    "an error that there is not",
  ],
  "with an error of a certificate that is not there": [
    unverified,
    ({ peer }) => ({
      peer: {
        ...peer,
        errors: peer.errors.map((error) => ({ ...error, certificate: 99 })),
      },
    }),
    "an error that there is not",
  ],
  "with a verdict on nothing": [
    tls13,
    ({ peer }) => ({ peer: { ...peer, certificates: [] } }),
    "a verdict on no certificate",
  ],
  "with a path of no certificate": [
    tls13,
    ({ peer }) => ({
      peer: { ...peer, certificates: [], verified: 0, errors: [] },
    }),
    "a verdict on no certificate",
  ],
  "verified without a certificate": [
    tls13,
    ({ peer }) => ({
      peer: { ...peer, certificates: [], path: [], errors: [] },
    }),
    "a verdict on no certificate",
  ],
  "with an error of no certificate": [
    unverified,
    ({ peer }) => ({ peer: { ...peer, certificates: [], path: [] } }),
    "a verdict on no certificate",
  ],
  "with certificates of an unknown type": [
    tls13,
    ({ peer }) => ({ peer: { ...peer, certificateType: 1 } }),
    "of an unknown type",
  ],
  "with a path from a raw public key": [
    tls13,
    ({ peer }) => ({
      peer: { ...peer, certificateType: CertificateType.RawPublicKey },
    }),
    "a path from a raw public key",
  ],
  "with a delegated credential of a raw public key": [
    tls13,
    ({ peer }) => ({
      peer: {
        ...peer,
        certificateType: CertificateType.RawPublicKey,
        certificates: peer.certificates.slice(0, 1),
        path: [],
        delegatedUntil: 1,
      },
    }),
    "a delegated credential of a raw public key",
  ],
  "with the hint of a PSK of no key": [
    tls13,
    ({ psk }) => ({ psk: { ...psk, hint: "a hint" } }),
    "PSK has no key",
  ],
  "of a server that has proved nothing": [
    tls13,
    ({ peer }) => ({
      peer: { ...peer, certificates: [], path: [], verified: 0, errors: [] },
    }),
    "has not proved itself",
  ],
  "with half a hash of a PSK": [
    tls13,
    ({ psk }) => ({ psk: { ...psk, keyHash: pattern(16) } }),
    "hash of its PSK",
  ],
  "with a PSK of no key": [
    tls13,
    ({ psk }) => ({ psk: { ...psk, identity: pattern(16) } }),
    "PSK has no key",
  ],
  "with half a hash of our certificate": [
    tls13,
    () => ({ localCertificate: pattern(16) }),
    "hash of our certificate",
  ],
};

for (const [what, [session, change, says]] of Object.entries(impossible)) {
  Deno.test(`Session.import() refuses a session ${what}`, () => {
    const state = Session.stateOf(session);
    const changed = { ...state, ...change(state) as Partial<SessionState> };
    refused(encodeSessionState(changed), says);
  });
}

Deno.test("Session.import() reads what is at its limits", () => {
  const { peer } = Session.stateOf(unverified);
  const last = peer.certificates.length + peer.path.length;
  const errors = peer.errors.map((error) => ({ ...error, certificate: last }));
  for (
    const [session, change] of [
      [tls13, { lifetime: 604_800 }],
      [tls12, { maxFragmentLength: 4, offeredFragmentLength: 4 }],
      [unverified, { peer: { ...peer, errors } }],
    ] as const
  ) {
    const bytes = encodeSessionState({
      ...Session.stateOf(session),
      ...change,
    });
    assertEquals(Session.import(bytes).export(), bytes);
  }
});

Deno.test("Session.import() says why a certificate cannot be read", () => {
  const state = Session.stateOf(tls13);
  const peer = { ...state.peer, certificates: [pattern(40)] };
  const error = refused(encodeSessionState({ ...state, peer }));
  assertInstanceOf(error.cause, TlsError);
  assertEquals(error.cause.code, "malformed_certificate");
});

Deno.test("Session.import() refuses a name that is not UTF-8", () => {
  const state = { ...Session.stateOf(tls13), serverName: "MARK" };
  const fields = encodeSessionState(state).subarray(FRAME_LENGTH);
  const at = new TextDecoder("latin1").decode(fields).indexOf("MARK");
  refused(frameSession(fields.with(at, 0xff)));
});

/** As a server would have it whose certificate `tls13` is about. */
const ofServer: SessionState = {
  ...Session.stateOf(tls13),
  side: SERVER_SESSION,
  serverName: "a.test",
  localCertificate: pattern(32),
};

Deno.test("readTicketState() reads each of the tickets of one connection", () => {
  const state = ofServer;
  const states = new TicketStates(state);
  const { length } = state.secret;
  for (const ticketAgeAdd of [0, 7, 2 ** 32 - 1]) {
    const secret = pattern(length).map((byte) => byte ^ ticketAgeAdd);
    assertEquals(readTicketState(states.of({ secret, ticketAgeAdd })), {
      ...state,
      secret,
      ticketAgeAdd,
    });
  }
});

Deno.test("readTicketState() has nothing for another format, a part, or what cannot be", () => {
  const bytesOf = (state: SessionState) => new TicketStates(state).of(state);
  const bytes = bytesOf(ofServer);
  assert(readTicketState(bytes) !== undefined);
  assertEquals(readTicketState(encodeSessionState(ofServer)), undefined);
  assertEquals(
    readTicketState(bytes.with(0, bytes[0] as number + 1)),
    undefined,
  );
  for (let length = 0; length < bytes.length; length++) {
    assertEquals(readTicketState(bytes.subarray(0, length)), undefined);
  }
  assertEquals(readTicketState(Uint8Array.of(...bytes, 0)), undefined);
  for (
    const changes of [
      { side: 0 },
      { secret: new Uint8Array() },
      { lifetime: 604_801 },
      { version: 0x0305 },
    ]
  ) {
    assertEquals(
      readTicketState(bytesOf({ ...ofServer, ...changes })),
      undefined,
    );
  }
});

function refused(bytes: Uint8Array, says = "Cannot "): TlsError {
  const error = assertThrows(() => Session.import(bytes), TlsError);
  assertEquals(error.code, "decode_error");
  assert(error.message.startsWith("Cannot "), error.message);
  assertStringIncludes(error.message, says);
  return error;
}
