import { deno } from "./_peers/deno.ts";
import { bothRoles, testMatrix } from "./_peers/matrix.ts";
import { own } from "./_peers/own.ts";
import { rowsTls13 } from "./_peers/rows.ts";
import { rowsTls12 } from "./_peers/rows_tls12.ts";

testMatrix({
  name: "Deno's own TLS",
  missing: undefined,
  columns: bothRoles(own, deno),
  rows: [...rowsTls13(), ...rowsTls12()],
});

testMatrix({
  name: "This module with itself",
  missing: undefined,
  columns: [{ client: own, server: own }],
  rows: [...rowsTls13(), ...rowsTls12()],
});
