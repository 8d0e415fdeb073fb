/**
 * The least that TLS in JavaScript takes on Node.js and Bun: the calls of the
 * runtime that no such TLS can do without, over TCP, and nothing else. What the
 * package reaches is bounded by it.
 *
 * @module
 */

// Not all have all of it: ML-KEM is looked for below.
import * as nodeCrypto from "node:crypto";
import { connect, createServer } from "node:net";

const {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  decapsulate,
  diffieHellman,
  encapsulate,
  generateKeyPairSync,
  sign,
  verify,
} = nodeCrypto;

const NAME = "aes-128-gcm";
const KEY = new Uint8Array(16);
/** Node.js 24 takes 18 µs a cipher to make one of bytes. */
const KEY_OBJECT = createSecretKey(KEY);
const NONCE = new Uint8Array(12);

/** A record of 16 KiB of data, with its type and tag. */
const INNER = 16385;
const RECORD = 5 + INNER + 16;
const HEADER = Uint8Array.of(23, 3, 3, (INNER + 16) >> 8, (INNER + 16) & 0xff);

/** As many records as are written at once. */
const BATCH = 15;
const READ = 256 * 1024;

/** What a full handshake sends: hello, the server's flight, and the rest. */
const FLIGHTS = [1462, 2500, 88];
/** HMACs of the key schedule and of Finished. */
const HMACS = 32;

/** As the program that has TLS, without it. */
export function floor(port) {
  const receive = (size) => {
    const take = opener();
    let left = size * 1024 * RECORD;
    return dial(port, Uint8Array.of(0x53, size), (bytes) => {
      take(bytes);
      return (left -= bytes.length) === 0;
    });
  };
  const send = (size) =>
    dial(
      port,
      Uint8Array.of(0x52, size),
      () => true,
      (socket) => sendRecords(socket, size * 1024),
    );
  return {
    receive,
    receiveStream: receive,
    receiveWeb: receive,
    send,
    sendStream: send,
    sendWeb: send,
    async handshake(count) {
      for (let nth = 0; nth < count; nth++) await shake(port);
    },
    listen: () =>
      new Promise((resolve) => {
        const server = createServer({ noDelay: true }, serveShake);
        server.listen(0, "127.0.0.1", () => resolve(server.address().port));
      }),
  };
}

/** The peer's end of data, or of a handshake that begins with a zero. */
export function serveFloor(socket) {
  socket.on("error", () => {});
  socket.once("data", (chunk) => {
    if (chunk[0] === 0) return serveShake(socket, chunk);
    const records = chunk[1] * 1024;
    if (chunk[0] === 0x53) return sendRecords(socket, records);
    let left = records * RECORD;
    const take = opener();
    const receive = (bytes) => {
      take(bytes);
      if ((left -= bytes.length) === 0) socket.write("!");
    };
    receive(chunk.subarray(2));
    socket.on("data", receive);
  });
}

/** A client's part of a handshake. */
export function shake(port) {
  const exchange = offer();
  let left = FLIGHTS[1];
  return dial(port, new Uint8Array(FLIGHTS[0]), (bytes, socket) => {
    if ((left -= bytes.length) > 0) return false;
    exchange();
    verify("sha256", KEY, signer.publicKey, signature);
    schedule();
    socket.write(new Uint8Array(FLIGHTS[2]));
    return true;
  });
}

/** A server's part of a handshake. */
function serveShake(socket, chunk = NONCE.subarray(0, 0)) {
  let [left, rest] = [FLIGHTS[0], FLIGHTS[2]];
  const take = (bytes) => {
    if (left <= 0) {
      if ((rest -= bytes.length) <= 0) socket.end();
      return;
    }
    if ((left -= bytes.length) > 0) return;
    accept();
    sign("sha256", KEY, signer.privateKey);
    schedule();
    socket.write(new Uint8Array(FLIGHTS[1]));
  };
  socket.on("error", () => {});
  take(chunk);
  socket.on("data", take);
}

/** Dials, writes, and reads until `take` says that it was all. */
function dial(port, command, take, then) {
  return new Promise((resolve, reject) => {
    const callback = (length, buffer) => {
      if (take(buffer.subarray(0, length), socket)) {
        socket.on("close", resolve);
        socket.end(() => socket.destroy());
      }
      return true;
    };
    const onread = { buffer, callback };
    const to = { host: "127.0.0.1", port, noDelay: true, onread };
    const socket = connect(to);
    socket.on("error", reject);
    socket.write(command);
    then?.(socket);
  });
}

function seal(into, plaintext) {
  const cipher = createCipheriv(NAME, KEY_OBJECT, NONCE);
  cipher.setAAD(HEADER);
  const body = cipher.update(plaintext);
  cipher.final();
  into.set(HEADER);
  into.set(body, 5);
  into.set(cipher.getAuthTag(), RECORD - 16);
  body.buffer.transfer?.(0);
}

function open(bytes) {
  const cipher = createDecipheriv(NAME, KEY_OBJECT, NONCE);
  cipher.setAAD(bytes.subarray(0, 5));
  cipher.setAuthTag(bytes.subarray(RECORD - 16, RECORD));
  const plaintext = cipher.update(bytes.subarray(5, RECORD - 16));
  cipher.final();
  plaintext.buffer.transfer?.(0);
}

/** Takes bytes in whatever pieces, and opens the records. */
function opener() {
  const store = new Uint8Array(READ + RECORD);
  let have = 0;
  return (bytes) => {
    store.set(bytes, have);
    have += bytes.length;
    let at = 0;
    for (; have - at >= RECORD; at += RECORD) open(store.subarray(at));
    store.copyWithin(0, at, have);
    have -= at;
  };
}

/** Writes records, each batch when the last one has gone. */
function sendRecords(socket, records) {
  const plaintext = new Uint8Array(INNER);
  const buffer = new Uint8Array(BATCH * RECORD);
  const more = () => {
    const count = Math.min(BATCH, records);
    if (count === 0) return;
    records -= count;
    for (let nth = 0; nth < count; nth++) {
      seal(buffer.subarray(nth * RECORD), plaintext);
    }
    socket.write(buffer.subarray(0, count * RECORD), more);
  };
  more();
}

/** Makes key shares; gives what makes secrets of the peer's. */
function offer() {
  const own = generateKeyPairSync("x25519");
  const kem = mlKem && generateKeyPairSync("ml-kem-768");
  return () => {
    diffieHellman({ privateKey: own.privateKey, publicKey: share.publicKey });
    if (kem) decapsulate(kem.privateKey, mlKem.ciphertext);
  };
}

function accept() {
  const own = generateKeyPairSync("x25519");
  diffieHellman({ privateKey: own.privateKey, publicKey: share.publicKey });
  if (mlKem) encapsulate(mlKem.publicKey);
}

function schedule() {
  for (let nth = 0; nth < HMACS; nth++) {
    createHmac("sha256", KEY).update(HEADER).digest();
  }
}

/** What ML-KEM needs, where `node:crypto` has it. */
function tryMlKem() {
  try {
    const { publicKey } = generateKeyPairSync("ml-kem-768");
    return { publicKey, ciphertext: encapsulate(publicKey).ciphertext };
  } catch {
    return undefined;
  }
}

const buffer = new Uint8Array(READ);
const share = generateKeyPairSync("x25519");
const signer = generateKeyPairSync("ec", { namedCurve: "P-256" });
const signature = sign("sha256", KEY, signer.privateKey);
const mlKem = tryMlKem();
