import { pyopenssl, pyopensslMissing } from "./_peers/pyopenssl.ts";
import { bothRoles, testMatrix } from "./_peers/matrix.ts";
import { own } from "./_peers/own.ts";
import { rowsTls13 } from "./_peers/rows.ts";
import { rowsTls12 } from "./_peers/rows_tls12.ts";

testMatrix({
  name: "pyOpenSSL",
  missing: pyopensslMissing,
  columns: bothRoles(own, pyopenssl),
  rows: [...rowsTls13(), ...rowsTls12()],
});
