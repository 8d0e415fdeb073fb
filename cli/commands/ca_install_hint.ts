/**
 * `ca install-hint`: how to make systems and programs trust an authority.
 *
 * @module
 */

import type { Define } from "../base/define.ts";
import { readText } from "../base/files.ts";
import type { CommonFlags, Outcome, Run } from "../base/run.ts";
import { Certificate } from "../../x509/certificate/certificate.ts";
import { shown } from "../report/certificate.ts";

interface Flags extends CommonFlags {
  readonly ca: string;
}

/** Defines the command. */
export const defineInstallHint: Define = (program, run) => {
  program.command("install-hint")
    .description(
      "Prints how to make this machine and its programs trust the authority; it changes nothing.",
    )
    .requiredOption("--ca <folder>", "the folder of ca init")
    .action(
      run<Flags>("ca install-hint", (session, flags) => hint(session, flags)),
    );
};

async function hint(run: Run, { ca }: Flags): Promise<Outcome> {
  const path = `${ca}/ca.pem`;
  const [root] = Certificate.fromPem(await readText(run.system, path));
  const paint = run.paint(run.system.stdout);
  const hints = Object.entries(HINTS).map(([place, commands]) => ({
    place,
    commands: commands.map((command) => command.replaceAll("CA", path)),
  }));
  return {
    result: { file: path, hints },
    text: [
      `To trust ${
        shown(root?.subject ?? "")
      } (SHA-256 ${root?.fingerprint()}):`,
      ...hints.flatMap(({ place, commands }) => [
        paint("title", place),
        ...commands.map((command) => `  ${command}`),
      ]),
    ],
  };
}

const HINTS: Readonly<Record<string, readonly string[]>> = {
  "Debian, Ubuntu": [
    "sudo cp CA /usr/local/share/ca-certificates/development-ca.crt",
    "sudo update-ca-certificates",
  ],
  "Fedora, RHEL": [
    "sudo cp CA /etc/pki/ca-trust/source/anchors/",
    "sudo update-ca-trust",
  ],
  "macOS": [
    "sudo security add-trusted-cert -d -r trustRoot -k /Library/Keychains/System.keychain CA",
  ],
  "Windows": ["certutil -addstore -f ROOT CA"],
  "Firefox": ["Settings, Privacy & Security, View Certificates, Import"],
  "Chromium on Linux": [
    'certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n "Development CA" -i CA',
  ],
  "Deno": ["export DENO_CERT=CA"],
  "Node.js": ["export NODE_EXTRA_CA_CERTS=CA"],
  "Java": [
    "keytool -importcert -cacerts -storepass changeit -noprompt -alias development-ca -file CA",
  ],
  "curl": ["curl --cacert CA https://localhost:8443/"],
};
