/**
 * Which exports and which fields the modules use, as the TypeScript compiler
 * sees them: by what a name stands for, and not by its letters.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import ts from "typescript";
import { ROOT } from "./_graph.ts";

/** The text of each module, by its path. */
export type Texts = ReadonlyMap<string, string>;

/** Reads modules by their paths. */
export async function readTexts(paths: Iterable<string>): Promise<Texts> {
  const texts = new Map<string, string>();
  for (const path of paths) {
    texts.set(path, await Deno.readTextFile(new URL(path, ROOT)));
  }
  return texts;
}

/** What a module exports. */
export interface Export {
  /** The module, by its path. */
  readonly path: string;
  readonly name: string;
  /** Whether it has no value: an interface or an alias of a type. */
  readonly isType: boolean;
  /** Whether the module itself uses it. */
  readonly isUsedWithin: boolean;
  /** The modules that import it, however indirectly, by their paths. */
  readonly importers: ReadonlySet<string>;
}

/** The names that modules give one another. */
export class Names {
  readonly #files = new Map<string, ts.SourceFile>();
  readonly #checker: ts.TypeChecker;

  /**
   * Reads modules.
   *
   * @param texts What they import besides has no type.
   */
  constructor(texts: Texts) {
    const program = ts.createProgram({
      rootNames: [...texts.keys()].map(absolute),
      options: OPTIONS,
      host: hostOf(texts),
    });
    this.#checker = program.getTypeChecker();
    for (const file of program.getSourceFiles()) {
      const path = relative(file.fileName);
      if (texts.has(path)) this.#files.set(path, file);
    }
    assertEquals(this.#files.size, texts.size);
  }

  /**
   * All that modules declare and export, each where it is declared.
   *
   * @param doors Modules that users import all exports of.
   */
  exports(doors: readonly string[]): Export[] {
    const importers = this.#importers();
    for (const door of doors) {
      for (const symbol of this.#exportsOf(door)) {
        importers.set(symbol, (importers.get(symbol) ?? new Set()).add(door));
      }
    }
    return [...this.#files].flatMap(([path, file]) =>
      this.#exportsOf(path)
        .filter((symbol) => isDeclaredIn(symbol, file))
        .map((symbol) => ({
          path,
          name: symbol.name,
          isType: (symbol.flags & ts.SymbolFlags.Value) === 0,
          isUsedWithin: this.#isUsedIn(file, symbol),
          importers: importers.get(symbol) ?? new Set(),
        }))
    );
  }

  /**
   * The fields of a module's interfaces that nothing reads, as
   * `Interface.field`. Interfaces that a door exports are for users to read.
   *
   * @param path The module with the interfaces.
   * @param options The doors, and whether a module counts.
   */
  unreadFields(
    path: string,
    { doors, isReader }: {
      doors: readonly string[];
      isReader(path: string): boolean;
    },
  ): string[] {
    const fields = this.#fieldsOf(path, doors);
    const names = new Set([...fields.keys()].map(nameOf));
    for (const [path, file] of this.#files) {
      if (!isReader(path)) continue;
      visit(file, (node) => {
        if (!ts.isIdentifier(node) || !names.has(node.text)) return;
        for (const read of this.#readBy(node)) fields.delete(read);
      });
    }
    return [...fields.values()];
  }

  #fieldsOf(path: string, doors: readonly string[]): Map<ts.Node, string> {
    const shown = new Set(doors.flatMap((door) => this.#exportsOf(door)));
    const fields = new Map<ts.Node, string>();
    for (const symbol of this.#exportsOf(path)) {
      if (shown.has(symbol)) continue;
      for (const declaration of symbol.declarations ?? []) {
        if (!ts.isInterfaceDeclaration(declaration)) continue;
        for (const member of declaration.members) {
          fields.set(member, `${symbol.name}.${nameOf(member)}`);
        }
      }
    }
    assert(fields.size > 0, `${path} has no interfaces`);
    return fields;
  }

  /** What a module exports, be it declared there or elsewhere. */
  #exportsOf(path: string): ts.Symbol[] {
    const file = this.#files.get(path);
    const module = file && this.#checker.getSymbolAtLocation(file);
    if (module === undefined) return [];
    return this.#checker.getExportsOfModule(module)
      .map((symbol) => this.#declared(symbol));
  }

  /** What an imported or passed on name stands for. */
  #declared(symbol: ts.Symbol): ts.Symbol {
    return symbol.flags & ts.SymbolFlags.Alias
      ? this.#checker.getAliasedSymbol(symbol)
      : symbol;
  }

  #importers(): Map<ts.Symbol, Set<string>> {
    const importers = new Map<ts.Symbol, Set<string>>();
    for (const [path, file] of this.#files) {
      for (const symbol of this.#importedBy(path, file)) {
        const paths = importers.get(symbol) ?? new Set();
        importers.set(symbol, paths.add(path));
      }
    }
    return importers;
  }

  /** What a module imports by name, and all of what it loads later. */
  #importedBy(path: string, file: ts.SourceFile): ts.Symbol[] {
    const symbols: ts.Symbol[] = [];
    visit(file, (node) => {
      if (ts.isImportSpecifier(node)) {
        const symbol = this.#checker.getSymbolAtLocation(node.name);
        if (symbol !== undefined) symbols.push(this.#declared(symbol));
      }
      const loaded = loadedBy(node);
      if (loaded === undefined) return;
      const target = new URL(loaded, new URL(path, ROOT)).href;
      symbols.push(...this.#exportsOf(target.slice(ROOT.href.length)));
    });
    return symbols;
  }

  /** Whether a module has a name in more places than its declarations. */
  #isUsedIn(file: ts.SourceFile, symbol: ts.Symbol): boolean {
    const declarations: readonly ts.Node[] = symbol.declarations ?? [];
    let isUsed = false;
    visit(file, (node) => {
      isUsed ||= ts.isIdentifier(node) && node.text === symbol.name &&
        !declarations.includes(node.parent) &&
        this.#standsFor(node) === symbol;
    });
    return isUsed;
  }

  #standsFor(node: ts.Identifier): ts.Symbol | undefined {
    const { parent } = node;
    if (ts.isShorthandPropertyAssignment(parent)) {
      return this.#checker.getShorthandAssignmentValueSymbol(parent);
    }
    return this.#checker.getSymbolAtLocation(node);
  }

  /** The declarations of the member that a name reads, if it reads one. */
  #readBy(node: ts.Identifier): readonly ts.Node[] {
    const { parent } = node;
    if (ts.isPropertyAccessExpression(parent) && parent.name === node) {
      return this.#checker.getSymbolAtLocation(node)?.declarations ?? [];
    }
    const isBound = ts.isBindingElement(parent) &&
      ts.isObjectBindingPattern(parent.parent) &&
      (parent.propertyName ?? parent.name) === node;
    if (!isBound) return [];
    return this.#checker.getTypeAtLocation(parent.parent)
      .getProperty(node.text)?.declarations ?? [];
  }
}

/** What `import()` names. */
function loadedBy(node: ts.Node): string | undefined {
  if (!ts.isCallExpression(node)) return undefined;
  const [specifier] = node.arguments;
  return node.expression.kind === ts.SyntaxKind.ImportKeyword &&
      specifier !== undefined && ts.isStringLiteral(specifier)
    ? specifier.text
    : undefined;
}

function isDeclaredIn(symbol: ts.Symbol, file: ts.SourceFile): boolean {
  return symbol.declarations?.some((node) => node.getSourceFile() === file) ??
    false;
}

function nameOf(member: ts.Node): string {
  return ts.isTypeElement(member) ? member.name?.getText() ?? "" : "";
}

function visit(node: ts.Node, see: (node: ts.Node) => void): void {
  see(node);
  node.forEachChild((child) => visit(child, see));
}

/** Modules by their paths in the tree, the standard library from the disk. */
function hostOf(texts: Texts): ts.CompilerHost {
  const host = ts.createCompilerHost(OPTIONS);
  const textOf = (path: string) =>
    texts.get(relative(path)) ??
      (path.startsWith(HERE) ? undefined : host.readFile(path));
  return {
    ...host,
    fileExists: (path) => textOf(path) !== undefined,
    readFile: textOf,
    getSourceFile(path, options) {
      const text = textOf(path);
      if (text === undefined) return undefined;
      return ts.createSourceFile(path, text, options, true);
    },
    resolveModuleNameLiterals: (literals, from) =>
      literals.map(({ text }) => ({
        resolvedModule: resolve(texts, text, from),
      })),
  };
}

function resolve(
  texts: Texts,
  specifier: string,
  from: string,
): ts.ResolvedModuleFull | undefined {
  if (!specifier.startsWith(".")) return undefined;
  const { pathname } = new URL(specifier, `file://${from}`);
  if (!texts.has(relative(pathname))) return undefined;
  return { resolvedFileName: pathname, extension: ts.Extension.Ts };
}

function absolute(path: string): string {
  return HERE + path;
}

function relative(path: string): string {
  return path.startsWith(HERE) ? path.slice(HERE.length) : path;
}

/** The checkout, as the compiler writes paths. */
const HERE = ROOT.pathname;

const OPTIONS: ts.CompilerOptions = {
  strict: true,
  target: ts.ScriptTarget.ESNext,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  allowImportingTsExtensions: true,
  noEmit: true,
  lib: ["lib.esnext.d.ts"],
  types: [],
};
