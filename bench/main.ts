/**
 * Which measurements run: `deno task bench http` those of `serve()`,
 * `primitives` those of what cryptography consists of, `runtimes` those of other
 * runtimes, all else those of TLS and certificates.
 *
 * @module
 */

// Their authorities would be read for the first connection of each program.
for (const name of ["SSL_CERT_FILE", "SSL_CERT_DIR"]) Deno.env.delete(name);

if (Deno.args.includes("http")) {
  await import("./http_bench.ts");
} else if (Deno.args.includes("primitives")) {
  await import("./primitives_bench.ts");
} else if (Deno.args.includes("runtimes")) {
  await import("./runtimes_bench.ts");
} else {
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: [
      "bench",
      "-A",
      ...["certificate_bench.ts", "verify_bench.ts"].map((name) =>
        new URL(name, import.meta.url).href
      ),
    ],
  }).spawn().status;
  if (!success) Deno.exit(1);
  await import("./bench.ts");
}
