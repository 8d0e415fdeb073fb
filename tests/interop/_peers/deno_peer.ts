/**
 * The interoperability tests' peer on Deno's own TLS (rustls): what arrives
 * goes to standard output, what comes on standard input is sent, and what was
 * negotiated goes to standard error as one line of JSON a connection. Bytes
 * below 0x80 on standard input are commands: q ends the connection.
 *
 * @module
 */

const options = Object.fromEntries(Deno.args.map((arg) => {
  const at = arg.indexOf("=");
  return [arg.slice(0, at), arg.slice(at + 1)];
}));

const QUIT = 0x71;
const input = Deno.stdin.readable.getReader();
const alpnProtocols = options.alpn?.split(",");
const read = (path: string | undefined) =>
  path === undefined ? undefined : Deno.readTextFileSync(path);

if (options.role === "server") await serve();
else await carry(await dial());
Deno.exit();

async function serve(): Promise<void> {
  const listener = Deno.listenTls({
    hostname: "127.0.0.1",
    port: 0,
    cert: read(options.cert) ?? "",
    key: read(options.key) ?? "",
    ...alpnProtocols && { alpnProtocols },
  });
  tell({ port: listener.addr.port });
  for await (const conn of listener) await carry(conn);
}

async function dial(): Promise<Deno.TlsConn> {
  const [caCert, cert, key] = [options.ca, options.cert, options.key].map(read);
  const common = {
    ...caCert && { caCerts: [caCert] },
    ...alpnProtocols && { alpnProtocols },
  };
  const address = { hostname: "127.0.0.1", port: Number(options.port) };
  if (cert && key) {
    return await Deno.connectTls({ ...address, ...common, cert, key });
  }
  const socket = await Deno.connect(address);
  socket.setNoDelay();
  const hostname = options.servername ?? "localhost";
  return await Deno.startTls(socket, { ...common, hostname });
}

async function carry(conn: Deno.TlsConn): Promise<void> {
  try {
    const { alpnProtocol } = await conn.handshake();
    tell({ established: { alpnProtocol } });
  } catch (error) {
    tell({ failed: String(error) });
    return;
  }
  const receiving = receive(conn);
  for (;;) {
    const { value } = await input.read();
    if (value === undefined) break;
    if (await obey(conn, value)) break;
  }
  conn.close();
  await receiving;
}

/** Sends what is payload, does what is not; whether that was the end. */
async function obey(conn: Deno.TlsConn, input: Uint8Array): Promise<boolean> {
  const at = input.findIndex((byte) => byte < 0x80);
  await send(conn, at < 0 ? input : input.subarray(0, at));
  if (at < 0) return false;
  await conn.closeWrite();
  return input[at] === QUIT || await obey(conn, input.subarray(at + 1));
}

async function send(conn: Deno.TlsConn, data: Uint8Array): Promise<void> {
  try {
    for (let at = 0; at < data.length;) {
      at += await conn.write(data.subarray(at));
    }
  } catch (error) {
    tell({ sending: String(error) });
  }
}

async function receive(conn: Deno.TlsConn): Promise<void> {
  const buffer = new Uint8Array(65_536);
  try {
    for (;;) {
      const count = await conn.read(buffer);
      if (count === null) break;
      for (let at = 0; at < count;) {
        at += Deno.stdout.writeSync(buffer.subarray(at, count));
      }
    }
    tell({ ended: true });
  } catch (error) {
    tell({ ended: false, error: String(error) });
  }
}

function tell(facts: unknown): void {
  Deno.stderr.writeSync(new TextEncoder().encode(JSON.stringify(facts) + "\n"));
}
