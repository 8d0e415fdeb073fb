/** What other implementations say of issued certificates. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { issueCertificate } from "../../x509/issue/issue.ts";
import { withDirectory } from "./_openssl.ts";

const KEY_TYPES = ["P-256", "P-384", "rsa-2048", "ed25519"];

/** A test that needs a command, shown as ignored where that is absent. */
async function commandTest(
  command: string,
  versionArgument: string,
  name: string,
  fn: () => Promise<void>,
): Promise<void> {
  const found = await run(command, [versionArgument]).then(
    () => true,
    () => false,
  );
  Deno.test({
    name: found ? name : `${name} (ignored: there is no ${command} command)`,
    ignore: !found,
    fn,
  });
}

async function run(command: string, args: string[]): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(command, {
    args,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  if (code === 0) return new TextDecoder().decode(stdout);
  throw new Error(
    `${command} ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`,
  );
}

/** A root, a constrained CA below it, and a server's certificate. */
async function issueChain(keyType: string) {
  const root = await issueCertificate({ ca: true, subject: "Root", keyType });
  const sub = await issueCertificate({
    ca: true,
    subject: "Sub",
    keyType,
    issuer: root,
    pathLength: 0,
    nameConstraints: { permitted: ["localhost", "127.0.0.0/8", "::1/128"] },
  });
  const leaf = await issueCertificate({
    names: ["localhost", "127.0.0.1", "::1"],
    keyType,
    issuer: sub,
  });
  return { root, leaf };
}

/** Serves HTTP over the platform's TLS with an issued chain. */
async function withServer(
  keyType: string,
  use: (port: number, caFile: string) => Promise<void>,
): Promise<void> {
  const { root, leaf } = await issueChain(keyType);
  const { cert, key } = leaf;
  await using server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", cert, key, onListen() {} },
    () => new Response("accepted"),
  );
  await withDirectory(async (path) => {
    await Deno.writeTextFile(`${path}/root.pem`, root.cert);
    await use(server.addr.port, `${path}/root.pem`);
  });
}

await commandTest(
  "curl",
  "--version",
  "issueCertificate() makes chains that curl accepts",
  async () => {
    for (const keyType of KEY_TYPES) {
      await withServer(keyType, async (port, caFile) => {
        for (const host of ["localhost", "127.0.0.1"]) {
          const url = `https://${host}:${port}/`;
          const text = await run("curl", [
            ...["--silent", "--show-error", "--ipv4", "--max-time", "20"],
            ...["--noproxy", "*", "--cacert", caFile, url],
          ]);
          assertEquals(text, "accepted");
        }
      });
    }
  },
);

const NODE_SCRIPT = `
const [port, caFile] = process.argv.slice(1);
const ca = require("fs").readFileSync(caFile);
const socket = require("tls").connect(
  { host: "127.0.0.1", port, ca, servername: "localhost" },
  () => {
    console.log(socket.authorized, socket.getPeerCertificate().subjectaltname);
    socket.end();
  },
);
`;

await commandTest(
  "node",
  "--version",
  "issueCertificate() makes chains that Node accepts",
  async () => {
    for (const keyType of KEY_TYPES) {
      await withServer(keyType, async (port, caFile) => {
        const text = await run("node", ["-e", NODE_SCRIPT, `${port}`, caFile]);
        assertStringIncludes(text, "true DNS:localhost, IP Address:127.0.0.1");
      });
    }
  },
);

const GO_PROGRAM = `package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
)

func main() {
	for _, directory := range os.Args[1:] {
		pair, err := tls.LoadX509KeyPair(directory+"/leaf.pem", directory+"/leaf.key")
		if err != nil {
			panic(err)
		}
		roots, others := x509.NewCertPool(), x509.NewCertPool()
		root, _ := os.ReadFile(directory + "/root.pem")
		roots.AppendCertsFromPEM(root)
		for _, der := range pair.Certificate[1:] {
			certificate, err := x509.ParseCertificate(der)
			if err != nil {
				panic(err)
			}
			others.AddCert(certificate)
		}
		leaf, err := x509.ParseCertificate(pair.Certificate[0])
		if err != nil {
			panic(err)
		}
		for _, name := range []string{"localhost", "127.0.0.1", "::1"} {
			options := x509.VerifyOptions{Roots: roots, Intermediates: others, DNSName: name}
			if _, err := leaf.Verify(options); err != nil {
				panic(err)
			}
		}
	}
	fmt.Println("accepted")
}
`;

await commandTest(
  "go",
  "version",
  "issueCertificate() makes chains that Go accepts",
  async () => {
    await withDirectory(async (path) => {
      const directories: string[] = [];
      for (const keyType of [...KEY_TYPES, "P-521"]) {
        const { root, leaf } = await issueChain(keyType);
        const directory = `${path}/${keyType}`;
        await Deno.mkdir(directory);
        await Deno.writeTextFile(`${directory}/root.pem`, root.cert);
        await Deno.writeTextFile(`${directory}/leaf.pem`, leaf.cert);
        await Deno.writeTextFile(`${directory}/leaf.key`, leaf.key);
        directories.push(directory);
      }
      await Deno.writeTextFile(`${path}/main.go`, GO_PROGRAM);
      const text = await run("go", ["run", `${path}/main.go`, ...directories]);
      assertEquals(text, "accepted\n");
    });
  },
);
