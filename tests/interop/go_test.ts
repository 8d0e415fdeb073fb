import { go, goMissing } from "./_peers/go.ts";
import { bothRoles, testMatrix } from "./_peers/matrix.ts";
import { own } from "./_peers/own.ts";
import { rowsTls13 } from "./_peers/rows.ts";
import { rowsTls12 } from "./_peers/rows_tls12.ts";

testMatrix({
  name: "Go",
  missing: goMissing,
  columns: bothRoles(own, go),
  rows: [...rowsTls13(), ...rowsTls12()],
});
