/**
 * The documentation of every public symbol, as `deno doc` sees it: that it is
 * there, and says what it must of parameters, results and errors. What the
 * examples do is `deno test --doc`'s concern.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { doors, ROOT } from "./_graph.ts";

interface Tag {
  readonly kind: string;
  readonly name?: string;
  readonly doc?: string;
  readonly tsType?: unknown;
}

interface Documented {
  readonly name: string;
  readonly jsDoc?: { readonly doc?: string; readonly tags?: readonly Tag[] };
  readonly accessibility?: string;
}

interface Type {
  readonly kind: string;
  readonly value?: unknown;
}

interface Signature {
  readonly params: readonly Parameter[];
  readonly returnType?: Type & { readonly value?: { typeParams?: Type[] } };
}

interface Parameter {
  readonly kind: string;
  readonly name?: string;
  readonly left?: Parameter;
  readonly arg?: Parameter;
}

interface Method extends Documented {
  readonly kind: string;
  readonly functionDef: Signature;
}

interface Declaration extends Documented {
  readonly kind: string;
  readonly def: Partial<Signature> & {
    readonly hasBody?: boolean;
    readonly constructors?: readonly (Documented & Signature)[];
    readonly properties?: readonly Documented[];
    readonly methods?: readonly Method[];
  };
}

interface Door {
  readonly module_doc: NonNullable<Documented["jsDoc"]>;
  readonly symbols: readonly {
    readonly name: string;
    readonly declarations: readonly Omit<Declaration, "name">[];
  }[];
}

for (const path of doors) {
  Deno.test(`${path} documents every symbol`, async () => {
    const door = await documentationOf(path);
    const problems = [
      ...checkDoc({ name: path, jsDoc: door.module_doc }, true),
    ];
    for (const { name, declarations } of door.symbols) {
      // Behind overloads their implementation is no declaration of its own.
      const [first, ...others] = declarations
        .filter(({ def }, index) => index === 0 || !def.hasBody)
        .map((one) => ({ ...one, name }));
      assert(first !== undefined);
      problems.push(...checkDeclaration(first));
      // The other overloads may point to the first one.
      for (const other of others) problems.push(...checkSummary(other));
    }
    assert(door.symbols.length > 2);
    assertEquals(problems, []);
  });
}

Deno.test("the check finds what is missing", () => {
  const params = [{ kind: "identifier", name: "a" }];
  const jsDoc = {
    doc: "Adds.",
    tags: [{ kind: "param", name: "b", doc: "x" }, { kind: "throws" }],
  };
  const returnType = { kind: "keyword", value: "number" };
  assertEquals(
    [...checkDeclaration({
      name: "f",
      kind: "function",
      jsDoc,
      def: { params, returnType } as Declaration["def"],
    })],
    [
      "f has no @example",
      "f has @throws without a type or a condition",
      "f has no @param a",
      "f has @param b, and no such parameter",
      "f has no @returns",
    ],
  );
});

async function documentationOf(path: string): Promise<Door> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--json", path],
    cwd: ROOT,
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  const { nodes } = JSON.parse(new TextDecoder().decode(stdout));
  return nodes[new URL(path, ROOT).href];
}

function* checkDeclaration(declaration: Declaration): Generator<string> {
  const { kind, def } = declaration;
  const isCode = kind === "function" || kind === "class";
  yield* checkDoc(declaration, isCode);
  if (kind === "function") {
    yield* checkSignature(declaration, def as Signature);
  }
  for (const member of def.constructors ?? []) {
    yield* checkMember(declaration, member, member);
  }
  for (const member of def.properties ?? []) {
    yield* checkMember(declaration, member);
  }
  for (const member of def.methods ?? []) {
    // What a getter gives is in its summary, and in an interface in the type's.
    const isMethod = kind === "class" && member.kind === "method";
    yield* checkMember(
      declaration,
      member,
      isMethod ? member.functionDef : undefined,
    );
  }
}

function* checkMember(
  { name }: Documented,
  member: Documented,
  signature?: Signature,
): Generator<string> {
  if (isHidden(member)) return;
  const documented = { ...member, name: `${name}.${member.name}` };
  yield* checkDoc(documented, false);
  // Symbol.dispose and its kin say what they do by their names.
  if (signature !== undefined && !member.name.startsWith("[")) {
    yield* checkSignature(documented, signature);
  }
}

function* checkDoc(
  documented: Documented,
  needsExample: boolean,
): Generator<string> {
  const { name, jsDoc } = documented;
  yield* checkSummary(documented);
  const examples = tagsOf(documented, "example");
  if (needsExample && examples.length === 0) yield `${name} has no @example`;
  for (const { doc = "" } of examples) yield* checkExample(name, doc);
  for (const { tsType, doc } of tagsOf(documented, "throws")) {
    if (tsType === undefined || !doc?.trim()) {
      yield `${name} has @throws without a type or a condition`;
    }
  }
  for (const tag of jsDoc?.tags ?? []) {
    if (tag.kind === "unsupported") yield `${name} has an unknown tag`;
  }
}

function* checkSummary({ name, jsDoc }: Documented): Generator<string> {
  if (!jsDoc?.doc?.trim()) yield `${name} has no summary`;
}

/** A title, and code: left to the reader only where it leaves the process. */
function* checkExample(name: string, doc: string): Generator<string> {
  const [, title, info, code = ""] =
    /^(.*)\n+```(\w+(?: \w+)?)\n(.*)\n```/s.exec(doc) ?? [];
  if (!title?.trim()) yield `${name} has an @example without title or code`;
  if (info === "ts ignore" && !/connect\(|listen\(|Deno\./.test(code)) {
    yield `${name} has an @example that could run`;
  }
  if (!code.includes("import ")) {
    yield `${name} has an @example that imports nothing`;
  }
}

function* checkSignature(
  documented: Documented,
  { params, returnType }: Signature,
): Generator<string> {
  const { name } = documented;
  const names = params.map(nameOf);
  const tags = tagsOf(documented, "param");
  for (const param of names) {
    const tag = tags.find((tag) => tag.name === param);
    if (!tag?.doc?.trim()) yield `${name} has no @param ${param}`;
  }
  for (const tag of tags) {
    if (!names.includes(tag.name)) {
      yield `${name} has @param ${tag.name}, and no such parameter`;
    }
  }
  const [result] = tagsOf(documented, "return");
  if (givesSomething(returnType) && !result?.doc?.trim()) {
    yield `${name} has no @returns`;
  }
}

function nameOf({ name, left, arg }: Parameter): string | undefined {
  const inner = left ?? arg;
  return inner === undefined ? name : nameOf(inner);
}

/** A constructor has no type here, and `void` or a promise of it is nothing. */
function givesSomething(type: Signature["returnType"]): boolean {
  if (type === undefined) return false;
  const [inner] = type.value?.typeParams ?? [];
  const nothing = ["void", "never"];
  return !nothing.includes(String(type.value)) &&
    !(inner !== undefined && nothing.includes(String(inner.value)));
}

function tagsOf({ jsDoc }: Documented, kind: string): readonly Tag[] {
  return (jsDoc?.tags ?? []).filter((tag) => tag.kind === kind);
}

function isHidden({ accessibility, jsDoc, name }: Documented): boolean {
  return accessibility === "private" || accessibility === "protected" ||
    name.startsWith("#") ||
    (jsDoc?.tags ?? []).some((tag) => tag.kind === "internal");
}
