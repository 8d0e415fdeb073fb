import { tlslite, tlsliteMissing } from "./_peers/tlslite.ts";
import { bothRoles, testMatrix } from "./_peers/matrix.ts";
import { own } from "./_peers/own.ts";
import { rowsTls13 } from "./_peers/rows.ts";
import { rowsTls12 } from "./_peers/rows_tls12.ts";

testMatrix({
  name: "tlslite-ng",
  missing: tlsliteMissing,
  columns: bothRoles(own, tlslite),
  rows: [...rowsTls13(), ...rowsTls12()],
});
