import { tcl, tclMissing } from "./_peers/tcl.ts";
import { bothRoles, testMatrix } from "./_peers/matrix.ts";
import { own } from "./_peers/own.ts";
import { rowsTls13 } from "./_peers/rows.ts";
import { rowsTls12 } from "./_peers/rows_tls12.ts";

testMatrix({
  name: "Tcl",
  missing: tclMissing,
  columns: bothRoles(own, tcl),
  rows: [...rowsTls13(), ...rowsTls12()],
});
