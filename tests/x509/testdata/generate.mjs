// Makes openssl.json: certificates that OpenSSL made, with what Node's
// X509Certificate says of each. Run with Node beside OpenSSL 3:
//   node generate.mjs > openssl.json
// The keys are thrown away.
import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const folder = mkdtempSync(join(tmpdir(), "x509-"));
const openssl = (...args) =>
  execFileSync("openssl", args, {
    cwd: folder,
    stdio: ["ignore", "pipe", "ignore"],
  }).toString();

/** A self-signed certificate. */
function make(
  name,
  { key = P256, subject = "CN=x", extensions = "", more = [], config = "" },
) {
  writeFileSync(
    join(folder, "req.cnf"),
    `[req]
distinguished_name=dn
prompt=no
utf8=yes
x509_extensions=v3
${config}
[dn]
${subject}
[v3]
${extensions}
`,
  );
  const pem = openssl(
    ...["req", "-x509", "-nodes", "-keyout", "key.pem", "-days", "3650"],
    ...["-config", "req.cnf"],
    ...key,
    ...more,
  );
  return entry(name, pem);
}

function entry(name, pem) {
  const certificate = new X509Certificate(pem);
  const node = JSON.parse(
    JSON.stringify(
      certificate.toLegacyObject(),
      (_, value) =>
        value?.type === "Buffer"
          ? Buffer.from(value.data).toString("hex")
          : value,
    ),
  );
  return { name, pem, node };
}

const curve = (name, encoding = "named_curve") => [
  ...["-newkey", "ec", "-pkeyopt", `ec_paramgen_curve:${name}`],
  ...["-pkeyopt", `ec_param_enc:${encoding}`],
];
const P256 = curve("P-256");
const rsa = (bits, exponent = 65537) => [
  ...["-newkey", "rsa", "-pkeyopt", `rsa_keygen_bits:${bits}`],
  ...["-pkeyopt", `rsa_keygen_pubexp:${exponent}`],
];

const entries = [
  make("names of every kind", {
    subject: `C=AT
O=Füü
0.OU=a, b
1.OU=c\\"d
emailAddress=x@example.com
serialNumber=123
street=Main Street 1
0.0.9.2342.19200300.100.1.25=com
0.1.3.6.1.4.1.311.60.2.1.3=DE
0.1.2.3.4.5=foo`,
    extensions: `subjectAltName=@san
issuerAltName=DNS:issuer.example
authorityInfoAccess=OCSP;URI:http://ocsp.example.com/,caIssuers;URI:http://a.example.com/b,caIssuers;URI:http://z,caIssuers;DNS:foo.com,1.2.3.4;URI:http://x,OCSP;IP:10.0.0.1
extendedKeyUsage=serverAuth,clientAuth,1.2.3.4,emailProtection
keyUsage=critical,digitalSignature,keyCertSign
basicConstraints=CA:TRUE,pathlen:3
[san]
DNS.1=example.com
DNS.2=*.foo.example
DNS.3=a, DNS:evil.com
DNS.4=it's
DNS.5=q"q
DNS.6=back\\\\slash
IP.1=127.0.0.1
IP.2=2001:db8::1
IP.3=::ffff:1.2.3.4
email.1=me@example.com
URI.1=http://foo/bar,baz
RID.1=1.2.3.4
dirName.1=dn2
otherName.1=1.3.6.1.5.5.7.8.5;UTF8:jäbber
otherName.2=1.2.3.4;IA5:foo
otherName.3=1.3.6.1.5.5.7.8.9;UTF8:smtp@x,y
otherName.4=1.3.6.1.5.5.7.8.7;IA5:_imap.example.com
otherName.5=1.3.6.1.4.1.311.20.2.3;UTF8:user@realm
otherName.6=1.3.6.1.5.5.7.8.5;IA5:wrong type
[dn2]
C=UK
O=My,Örg`,
  }),
  make("every extension of RFC 5280", {
    extensions: `basicConstraints=critical,CA:TRUE
keyUsage=critical,keyCertSign,cRLSign,encipherOnly,decipherOnly
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid:always,issuer:always
certificatePolicies=1.2.3.4,@policy
policyMappings=1.2.3.4:1.2.3.5,1.2.3.6:1.2.3.7
policyConstraints=critical,requireExplicitPolicy:1,inhibitPolicyMapping:0
inhibitAnyPolicy=critical,2
nameConstraints=critical,@nc
crlDistributionPoints=one,two,three
authorityInfoAccess=OCSP;URI:http://ocsp.example.com
tlsfeature=status_request,17
noCheck=ignored
nsCertType=server
nsComment=a comment
extendedKeyUsage=critical,anyExtendedKeyUsage
1.2.3.4.6=critical,ASN1:UTF8String:unknown
[policy]
policyIdentifier=1.3.5.8
CPS.1=http://my.host.name/
userNotice.1=@notice
[notice]
explicitText=Explicit Text Here
organization=Organisation Name
noticeNumbers=1,2,3,4
[nc]
permitted;DNS.1=example.com
permitted;DNS.2=.example.org
permitted;email.1=example.com
permitted;URI.1=.example.com
permitted;IP.1=192.0.2.0/255.255.255.0
permitted;IP.2=2001:db8::/ffff:ffff::
permitted;dirName.1=dn2
excluded;DNS.1=bad.example.com
excluded;IP.1=10.0.0.0/255.0.255.0
[one]
fullname=URI:http://example.com/one.crl,URI:ldap://example.com/one
reasons=keyCompromise,CACompromise
[two]
relativename=dn2
CRLissuer=dirName:dn2
[three]
fullname=URI:http://example.com/three.crl
[dn2]
O=Example`,
  }),
  ...["P-192", "P-384", "P-521", "secp256k1", "brainpoolP384r1"].map((name) =>
    make(`curve ${name}`, { key: curve(name) })
  ),
  make("explicit curve", { key: curve("P-256", "explicit") }),
  make("Ed25519, negative serial number", {
    key: ["-newkey", "ed25519"],
    more: ["-set_serial", "-1193046"],
  }),
  make("Ed448, serial number zero", {
    key: ["-newkey", "ed448"],
    more: ["-set_serial", "0"],
  }),
  make("RSASSA-PSS key", { key: ["-newkey", "rsa-pss"] }),
  make("RSASSA-PSS signature", {
    key: rsa(2048),
    more: [
      ...["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:20"],
      ...["-sigopt", "rsa_mgf1_md:sha384", "-sha384"],
    ],
  }),
  make("RSA 1024 with exponent 3 and SHA-1", {
    key: rsa(1024, 3),
    more: ["-sha1"],
  }),
  make("RSA 2047", { key: rsa(2047) }),
  make("serial number of 21 octets", {
    more: ["-set_serial", `0x${"8f".repeat(20)}`],
  }),
  make("valid beyond 2050", { more: ["-days", "30000"] }),
  make("empty subject", { more: ["-subj", "/"] }),
  make("several values in one level", {
    more: ["-subj", "/C=DE/CN=x+O=z+OU=y"],
  }),
  ...[
    ["T61String", "0x4"],
    ["UniversalString", "0x100"],
    ["BMPString", "0x800"],
    ["UTF8String", "0x2000"],
  ].map(([type, mask]) =>
    make(`names of ${type}`, {
      subject: "O=Tëst\nCN=Größe",
      config: `string_mask=MASK:${mask}`,
    })
  ),
];

// DSA, and version 1: what `openssl req -x509` does not make.
openssl("dsaparam", "-genkey", "-out", "dsa.pem", "1024");
entries.push(
  entry(
    "DSA",
    openssl(
      ...["req", "-x509", "-new", "-key", "dsa.pem", "-subj", "/CN=dsa"],
      ...["-days", "3650"],
    ),
  ),
);
openssl(
  "req",
  "-new",
  ...P256,
  "-nodes",
  "-keyout",
  "k1.pem",
  "-out",
  "r.pem",
  "-subj",
  "/CN=v1",
);
entries.push(
  entry(
    "version 1",
    openssl(
      "x509",
      "-req",
      "-in",
      "r.pem",
      "-signkey",
      "k1.pem",
      "-days",
      "3650",
    ),
  ),
);

// OpenSSL's form with trust settings, and what stands in place of certificates.
const plain = entries[0].pem;
writeFileSync(join(folder, "plain.pem"), plain);
const trusted = (...args) =>
  openssl("x509", "-in", "plain.pem", "-trustout", ...args);
const others = {
  trusted: trusted("-addtrust", "serverAuth", "-setalias", "An alias"),
  rejected: trusted(
    "-addreject",
    "serverAuth",
    "-addtrust",
    "anyExtendedKeyUsage",
  ),
  withoutSettings: trusted("-clrtrust", "-clrreject"),
  withText: openssl("x509", "-in", "plain.pem", "-text"),
  request: readFileSync(join(folder, "r.pem")).toString(),
  pkcs7: openssl("crl2pkcs7", "-nocrl", "-certfile", "plain.pem"),
};
rmSync(folder, { recursive: true });
console.log(JSON.stringify({ entries, others }, null, 1));
