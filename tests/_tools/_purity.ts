/**
 * Modules that do nothing when they are loaded, said so that every bundler
 * believes it: what a program does not use then stays out of its bundle.
 *
 * @module
 */

/** The part of ESTree that is looked at. */
export interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [member: string]: unknown;
}

/**
 * Marks the values and classes of a module that a bundler may leave out if
 * nothing uses them.
 *
 * @param path Of the module, for the error.
 * @param code JavaScript.
 * @param program The same, parsed.
 * @returns The code, line by line as before.
 * @throws {Error} If the module does something else when it is loaded.
 */
export function markPure(path: string, code: string, program: Node): string {
  const marks = nodes(program.body).flatMap((statement) => {
    const found = marksOf(statement);
    if (found !== undefined) return found;
    const [line] = code.slice(statement.start).split("\n");
    throw new Error(`${path} does work when it is loaded: ${line}`);
  });
  let marked = code;
  for (const { at, text } of marks.toSorted((a, b) => b.at - a.at)) {
    marked = marked.slice(0, at) + text + marked.slice(at);
  }
  return marked;
}

/** What is inserted where. */
interface Mark {
  readonly at: number;
  readonly text: string;
}

/** `undefined` for a statement that may have an effect. */
function marksOf(statement: Node): readonly Mark[] | undefined {
  const { type } = statement;
  if (type === "ImportDeclaration" || type === "ExportAllDeclaration") {
    return [];
  }
  const declaration = type === "ExportNamedDeclaration"
    ? statement.declaration as Node | null
    : statement;
  switch (declaration?.type) {
    case undefined:
    case "FunctionDeclaration":
      return [];
    case "ClassDeclaration":
      return isPureClass(declaration) ? [] : classMarks(declaration);
    case "VariableDeclaration":
      return variableMarks(declaration);
    case "IfStatement":
      return isForMain(declaration) ? [] : undefined;
    default:
      return undefined;
  }
}

/** `if (import.meta.main)`: a program does it, an import does not. */
function isForMain({ test }: Node): boolean {
  const { type, object, property } = test as Node;
  return type === "MemberExpression" &&
    (object as Node).type === "MetaProperty" &&
    (property as Node).name === "main";
}

function variableMarks(declaration: Node): readonly Mark[] | undefined {
  const marks: Mark[] = [];
  for (const { id, init } of nodes(declaration.declarations)) {
    if ((id as Node).type !== "Identifier") return undefined;
    if (isPure(init)) continue;
    const { start, end } = init as Node;
    marks.push({ at: start, text: `${PURE} (() => (` }, {
      at: end,
      text: "))()",
    });
  }
  return marks;
}

function classMarks({ id, start, end }: Node): readonly Mark[] {
  const { name } = id as Node;
  return [
    { at: start, text: `const ${name} = ${PURE} (() => { ` },
    { at: end, text: ` return ${name}; })();` },
  ];
}

/** Whether bundlers see by themselves that an expression does nothing. */
function isPure(value: unknown): boolean {
  if (value === null || value === undefined) return true;
  const node = value as Node;
  switch (node.type) {
    case "Literal":
    case "Identifier":
    case "FunctionExpression":
    case "ArrowFunctionExpression":
      return true;
    case "TemplateLiteral":
      return nodes(node.expressions).length === 0;
    case "ArrayExpression":
      return nodes(node.elements).every(isPure);
    case "ObjectExpression":
      return nodes(node.properties).every((property) =>
        property.type === "Property" && isPlainKey(property) &&
        isPure(property.value)
      );
    case "UnaryExpression":
      return (node.argument as Node).type === "Literal";
    case "ClassExpression":
      return isPureClass(node);
  }
  return false;
}

function isPureClass({ superClass, body }: Node): boolean {
  const above = superClass as Node | null;
  if (above !== null && above.type !== "Identifier") return false;
  return nodes((body as Node).body).every((member) =>
    member.type !== "StaticBlock" && isPlainKey(member) &&
    (!(member.type === "PropertyDefinition" && member.static) ||
      isPure(member.value))
  );
}

function isPlainKey({ computed, key }: Node): boolean {
  return !computed || (key as Node).type === "Literal";
}

function nodes(list: unknown): readonly Node[] {
  return list as readonly Node[];
}

/** What bundlers look for before a call. */
const PURE = "/* @__PURE__ */";
