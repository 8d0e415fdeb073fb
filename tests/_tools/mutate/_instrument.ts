/**
 * Finds what can be removed or weakened in a source, and rewrites the source so
 * that each such change can be switched on alone (`_switch.ts`).
 *
 * @module
 */

import ts from "typescript";
import { OTHER } from "./_switch.ts";

/** One change. */
export interface Mutant {
  /** What switches it on. */
  readonly id: number;
  /** Where it is: what is recorded as passed. */
  readonly site: number;
  /** The path of the source. */
  readonly file: string;
  readonly line: number;
  /** The function that it is in; empty at the top of the source. */
  readonly within: string;
  /** What is changed, such as `"always true"`. */
  readonly kind: string;
  /** The source as it stands, in one line. */
  readonly text: string;
}

/** A source with all its mutants in it. */
export interface Instrumented {
  readonly code: string;
  readonly mutants: readonly Mutant[];
}

/** Constants of numbers, by `path NAME`: their sites. */
export type Constants = Map<string, number>;

/** Numbers from 1 on; 0 means none. */
export class Numbers {
  #next = 1;

  /** The first of some that follow one another. */
  take(count: number): number {
    const first = this.#next;
    this.#next += count;
    return first;
  }
}

/** The constants of numbers that a source declares at its top. */
export function findConstants(
  file: string,
  text: string,
  numbers: Numbers,
): { constants: Constants; mutants: Mutant[] } {
  const source = parse(file, text);
  const constants: Constants = new Map();
  const mutants: Mutant[] = [];
  for (const statement of source.statements) {
    if (!ts.isVariableStatement(statement)) continue;
    for (
      const { name, initializer } of statement.declarationList.declarations
    ) {
      if (!ts.isIdentifier(name) || !CONSTANT.test(name.text)) continue;
      if (initializer === undefined || !isNumber(initializer)) continue;
      const site = numbers.take(1);
      constants.set(`${file} ${name.text}`, site);
      mutants.push({
        ...place(source, file, statement),
        id: site,
        site,
        kind: "times 1000",
      });
    }
  }
  return { constants, mutants };
}

/**
 * Rewrites a source.
 *
 * @param switchUrl Where the copy has `_switch.ts`, relative to the source.
 */
export function instrument(
  file: string,
  text: string,
  { numbers, constants, switchUrl }: {
    numbers: Numbers;
    constants: Constants;
    switchUrl: string;
  },
): Instrumented {
  const source = parse(file, text);
  const rewriting = new Rewriting(file, source, numbers);
  rewriting.names = namesOfConstants(file, source, constants);
  rewriting.visit(source);
  return {
    code: `import * as ${SWITCH} from "${switchUrl}";\n${rewriting.code()}`,
    mutants: rewriting.mutants,
  };
}

class Rewriting {
  readonly mutants: Mutant[] = [];
  names: ReadonlyMap<string, number> = new Map();
  readonly #file: string;
  readonly #source: ts.SourceFile;
  readonly #numbers: Numbers;
  readonly #before = new Map<number, string[]>();
  readonly #behind = new Map<number, string[]>();
  readonly #instead: { start: number; end: number; text: string }[] = [];

  constructor(file: string, source: ts.SourceFile, numbers: Numbers) {
    this.#file = file;
    this.#source = source;
    this.#numbers = numbers;
  }

  /** The outer is rewritten before the inner, so that its text is around. */
  visit(node: ts.Node): void {
    if (ts.isTypeNode(node) || isDeclarationOfTypes(node)) return;
    this.#rewrite(node);
    ts.forEachChild(node, (child) => this.visit(child));
  }

  #rewrite(node: ts.Node): void {
    if (isRemovable(node)) this.#removable(node);
    const condition = conditionOf(node);
    if (condition !== undefined) {
      this.#condition(condition, ts.isIterationStatement(node, false));
    }
    if (ts.isBinaryExpression(node)) this.#binary(node);
    if (ts.isIdentifier(node)) this.#constant(node);
  }

  #removable(node: ts.Statement): void {
    const kind = ts.isThrowStatement(node)
      ? "throw removed"
      : ts.isReturnStatement(node)
      ? "early return removed"
      : "call removed";
    const site = this.#add(node, [kind]);
    this.#wrap(node, `{ if (!${SWITCH}.on(${site})) `, " }");
  }

  #condition(node: ts.Expression, isLoop: boolean): void {
    const site = this.#add(
      node,
      isLoop
        ? ["negated", undefined, "never true"]
        : ["negated", "always true", "never true"],
    );
    this.#wrap(node, `${SWITCH}.condition(${site}, `, ")");
  }

  #binary(node: ts.BinaryExpression): void {
    const operator = node.operatorToken.getText(this.#source);
    if (operator in OTHER) {
      // Negated as a whole condition it is another mutant already.
      if (operator.endsWith("==") && isWholeCondition(node)) return;
      const site = this.#add(node, [`${operator} is ${OTHER[operator]}`]);
      this.#wrap(node, `${SWITCH}.compare(${site}, "${operator}", `, ")");
      this.#replace(node.operatorToken, ",");
    } else if (operator === "&&" || operator === "||") {
      for (
        const [side, operand] of [["left", node.left], [
          "right",
          node.right,
        ]] as const
      ) {
        const site = this.#add(operand, [`${side} of ${operator} dropped`]);
        this.#wrap(
          operand,
          `${SWITCH}.${side}(${site}, ${operator === "&&"}, `,
          ")",
        );
      }
    }
  }

  #constant(node: ts.Identifier): void {
    const site = this.names.get(node.text);
    if (site === undefined || !isUse(node)) return;
    const name = ts.isShorthandPropertyAssignment(node.parent)
      ? `${node.text}: `
      : "";
    this.#wrap(node, `${name}${SWITCH}.times(${site}, `, ")");
  }

  /** Numbers the mutants of a site in a row; some there are not. */
  #add(node: ts.Node, kinds: readonly (string | undefined)[]): number {
    const site = this.#numbers.take(kinds.length);
    for (const [at, kind] of kinds.entries()) {
      if (kind === undefined) continue;
      this.mutants.push({
        ...place(this.#source, this.#file, node),
        id: site + at,
        site,
        kind,
      });
    }
    return site;
  }

  #wrap(node: ts.Node, before: string, behind: string): void {
    const start = node.getStart(this.#source);
    this.#before.set(start, [...this.#before.get(start) ?? [], before]);
    this.#behind.set(node.end, [behind, ...this.#behind.get(node.end) ?? []]);
  }

  #replace(node: ts.Node, text: string): void {
    this.#instead.push({
      start: node.getStart(this.#source),
      end: node.end,
      text,
    });
  }

  code(): string {
    const { text } = this.#source;
    const instead = new Map(this.#instead.map((each) => [each.start, each]));
    let code = "";
    for (let at = 0; at <= text.length; at++) {
      code += (this.#behind.get(at) ?? []).join("");
      code += (this.#before.get(at) ?? []).join("");
      const other = instead.get(at);
      if (other !== undefined) {
        code += other.text;
        at = other.end - 1;
      } else code += text[at] ?? "";
    }
    return code;
  }
}

function parse(file: string, text: string): ts.SourceFile {
  return ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
}

function place(source: ts.SourceFile, file: string, node: ts.Node) {
  const { line } = source.getLineAndCharacterOfPosition(
    node.getStart(source),
  );
  const text = node.getText(source).replace(/\s+/g, " ").slice(0, 100);
  return { file, line: line + 1, within: functionAround(node), text };
}

/** The name of the nearest function that has one. */
function functionAround(node: ts.Node): string {
  for (let at = node.parent; !ts.isSourceFile(at); at = at.parent) {
    if (ts.isConstructorDeclaration(at)) return "constructor";
    if (ts.isFunctionLike(at) && at.name !== undefined) {
      return at.name.getText();
    }
    if (ts.isVariableDeclaration(at)) {
      const { initializer } = at;
      if (initializer !== undefined && ts.isArrowFunction(initializer)) {
        return at.name.getText();
      }
    }
  }
  return "";
}

function isDeclarationOfTypes(node: ts.Node): boolean {
  return ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node) ||
    ts.isImportDeclaration(node) || ts.isExportDeclaration(node);
}

/** What decides; its parent does one thing or another. */
function conditionOf(node: ts.Node): ts.Expression | undefined {
  if (ts.isIfStatement(node) || ts.isWhileStatement(node)) {
    return node.expression;
  }
  if (ts.isConditionalExpression(node) || ts.isForStatement(node)) {
    return node.condition;
  }
  return undefined;
}

function isWholeCondition(node: ts.Expression): boolean {
  return conditionOf(node.parent) === node;
}

/** Statements without which there would be less refused. */
function isRemovable(node: ts.Node): node is ts.Statement {
  if (ts.isThrowStatement(node)) return !isAllOfAnIf(node);
  if (ts.isReturnStatement(node)) {
    if (isUndefined(node.expression) && endsFunction(node)) return false;
    return !isAllOfAnIf(node) && !isLastOfFunction(node);
  }
  if (!ts.isExpressionStatement(node)) return false;
  const { expression } = node;
  const call = ts.isAwaitExpression(expression)
    ? expression.expression
    : expression;
  return ts.isCallExpression(call) &&
    (GUARD.test(nameOf(call.expression)) ||
      /budget/i.test(call.expression.getText()));
}

/** Without it nothing is left of the `if`: as if its condition never held. */
function isAllOfAnIf(node: ts.Statement): boolean {
  const { parent } = node;
  const then = ts.isBlock(parent) && parent.statements.length === 1
    ? parent
    : node;
  return ts.isIfStatement(then.parent) &&
    then.parent.thenStatement === then &&
    then.parent.elseStatement === undefined;
}

function isLastOfFunction(node: ts.Statement): boolean {
  const { parent } = node;
  return ts.isBlock(parent) && parent.statements.at(-1) === node &&
    (ts.isFunctionLike(parent.parent));
}

function isUndefined(node: ts.Expression | undefined): boolean {
  return node === undefined || ts.isIdentifier(node) &&
      node.text === "undefined";
}

/** Whether the function ends behind a statement, with or without a `return`. */
function endsFunction(node: ts.Node): boolean {
  const { parent } = node;
  if (ts.isFunctionLike(parent)) return true;
  if (ts.isBlock(parent)) {
    return parent.statements.at(-1) === node && endsFunction(parent);
  }
  return (ts.isIfStatement(parent) || ts.isTryStatement(parent) ||
    ts.isCatchClause(parent)) && endsFunction(parent);
}

/** Of `a.b.c`, the last. */
function nameOf(callee: ts.Expression): string {
  if (ts.isIdentifier(callee)) return callee.text;
  if (ts.isPropertyAccessExpression(callee)) {
    return callee.name.text.replace("#", "");
  }
  return "";
}

function isNumber(node: ts.Expression): boolean {
  if (ts.isNumericLiteral(node) || ts.isBigIntLiteral(node)) return true;
  if (ts.isParenthesizedExpression(node)) return isNumber(node.expression);
  return ts.isBinaryExpression(node) && isNumber(node.left) &&
    isNumber(node.right);
}

/**
 * The constants that a source has or imports, by the name that they have there.
 */
function namesOfConstants(
  file: string,
  source: ts.SourceFile,
  constants: Constants,
): ReadonlyMap<string, number> {
  const names = new Map<string, number>();
  for (const [key, site] of constants) {
    const [path, name] = key.split(" ") as [string, string];
    if (path === file) names.set(name, site);
  }
  for (const statement of source.statements) {
    if (!ts.isImportDeclaration(statement)) continue;
    const bindings = statement.importClause?.namedBindings;
    if (bindings === undefined || !ts.isNamedImports(bindings)) continue;
    const { text } = statement.moduleSpecifier as ts.StringLiteral;
    const path = new URL(text, `file:///${file}`).pathname.slice(1);
    for (const { name, propertyName } of bindings.elements) {
      const site = constants.get(`${path} ${(propertyName ?? name).text}`);
      if (site !== undefined) names.set(name.text, site);
    }
  }
  return names;
}

/** Whether a name stands for its value there. */
function isUse(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isShorthandPropertyAssignment(parent)) return true;
  if (ts.isPropertyAccessExpression(parent)) return parent.name !== node;
  if (ts.isPropertyAssignment(parent)) return parent.initializer === node;
  if (ts.isVariableDeclaration(parent)) return parent.initializer === node;
  if (ts.isPropertyDeclaration(parent)) return parent.initializer === node;
  return ts.isExpression(parent) || ts.isReturnStatement(parent) ||
    ts.isTemplateSpan(parent) || ts.isParameter(parent);
}

/** The name under which a source has `_switch.ts`. */
const SWITCH = "$mutate";

const CONSTANT = /^[A-Z][A-Z0-9_]+$/;

/** Functions that throw where something is wrong. */
const GUARD =
  /^(?:check|refuse|require|verify|assert|ensure|reject|forbid|limit|judge)/;
