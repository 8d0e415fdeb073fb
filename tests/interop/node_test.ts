import { node, nodeMissing } from "./_peers/node.ts";
import { bothRoles, testMatrix } from "./_peers/matrix.ts";
import { own } from "./_peers/own.ts";
import { rowsTls13 } from "./_peers/rows.ts";
import { rowsTls12 } from "./_peers/rows_tls12.ts";

testMatrix({
  name: "Node.js",
  missing: nodeMissing,
  columns: bothRoles(own, node),
  rows: [...rowsTls13(), ...rowsTls12()],
});
