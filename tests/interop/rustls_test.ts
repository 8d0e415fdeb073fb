import { bothRoles, testMatrix } from "./_peers/matrix.ts";
import { own } from "./_peers/own.ts";
import { rowsTls13 } from "./_peers/rows.ts";
import { rowsTls12 } from "./_peers/rows_tls12.ts";
import { rustls, rustlsMissing } from "./_peers/rustls.ts";

testMatrix({
  name: "rustls",
  missing: rustlsMissing,
  columns: bothRoles(own, rustls),
  rows: [...rowsTls13(), ...rowsTls12()],
});
