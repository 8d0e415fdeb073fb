/**
 * Seeded mutations of DER that keep the lengths around the fault right, so that
 * readers get as far as the fault.
 *
 * @module
 */

import { type Random, seededRandom } from "./_mutate.ts";

/** An element, its contents taken apart where they are elements too. */
interface Node {
  tag: number;
  contents: Uint8Array | Node[];
}

/** Yields `count` mutated copies of the inputs, one input after another. */
export function* derMutations(
  inputs: readonly Uint8Array[],
  count: number,
  seed: number,
): Generator<Uint8Array<ArrayBuffer>> {
  const random = seededRandom(seed);
  const trees = inputs.map((input) => {
    const nodes = parse(input, 0);
    if (nodes === undefined) throw new TypeError("Cannot mutate: not DER");
    return nodes;
  });
  if (trees.length === 0) throw new TypeError("Cannot mutate without an input");
  for (let at = 0; at < count; at++) {
    const tree = copy(trees[at % trees.length] as Node[]);
    for (let left = 1 + random(3) * random(2); left > 0; left--) {
      mutate(tree, random);
    }
    yield encodeAll(tree);
  }
}

function mutate(tree: Node[], random: Random): void {
  const all = lists(tree);
  const list = pick(all, random);
  const at = random(list.length);
  const node = list[at] as Node;
  switch (random(10)) {
    case 0:
      node.tag = pick(tags, random);
      break;
    case 1:
      node.tag ^= 1 << random(8);
      break;
    case 2:
      list.splice(at, 1);
      break;
    case 3:
      list.splice(at, 0, ...copy([node]));
      break;
    case 4:
      list.splice(at, 1, list[random(list.length)] as Node);
      break;
    case 5:
      list.reverse();
      break;
    case 6:
      node.contents = [];
      break;
    case 7:
      list.splice(at, 0, copy([pick(pick(all, random), random)])[0] as Node);
      break;
    case 8:
      nest(node, 1 + random(80));
      break;
    default:
      node.contents = mutateContents(node.contents, random);
  }
  if (list.length === 0) list.push({ tag: 0x05, contents: [] });
}

function mutateContents(contents: Node["contents"], random: Random) {
  const bytes = contents instanceof Uint8Array
    ? new Uint8Array(contents)
    : encodeAll(contents);
  if (bytes.length === 0 || random(4) === 0) {
    return Uint8Array.from({ length: random(24) }, () => random(256));
  }
  if (random(4) === 0) return bytes.slice(random(bytes.length));
  const at = random(bytes.length);
  bytes[at] = pick([0x00, 0x01, 0x7f, 0x80, 0xff, random(256)], random);
  return bytes;
}

/** Puts an element deep into sequences. */
function nest(node: Node, depth: number): void {
  for (; depth > 0; depth--) {
    node.contents = [{ tag: node.tag, contents: node.contents }];
    node.tag = 0x30;
  }
}

/** All lists of elements that are not empty. */
function lists(tree: Node[]): Node[][] {
  const found = tree.length === 0 ? [] : [tree];
  for (const { contents } of tree) {
    if (!(contents instanceof Uint8Array)) found.push(...lists(contents));
  }
  return found;
}

function copy(nodes: readonly Node[]): Node[] {
  return nodes.map(({ tag, contents }) => ({
    tag,
    contents: contents instanceof Uint8Array ? contents : copy(contents),
  }));
}

/** Takes bytes apart. Returns `undefined` if they are not elements of DER. */
function parse(bytes: Uint8Array, depth: number): Node[] | undefined {
  const nodes: Node[] = [];
  let at = 0;
  while (at < bytes.length) {
    const tag = bytes[at++] as number;
    let length = bytes[at++] ?? NaN;
    if ((tag & 0x1f) === 0x1f || length === 0x80 || length > 0x83) return;
    if (length > 0x80) {
      let size = length & 0x7f;
      for (length = 0; size > 0; size--) {
        length = length * 256 + (bytes[at++] ?? NaN);
      }
    }
    if (!(at + length <= bytes.length)) return;
    const contents = bytes.subarray(at, at += length);
    // OCTET STRINGs and BIT STRINGs often have DER inside.
    const inside = (tag & 0x20) !== 0 || (tag === 0x04 && depth < 12)
      ? parse(contents, depth + 1)
      : undefined;
    if (inside === undefined && (tag & 0x20) !== 0) return;
    nodes.push({ tag, contents: inside?.length ? inside : contents });
  }
  return nodes;
}

function encodeAll(nodes: readonly Node[]): Uint8Array<ArrayBuffer> {
  const parts = nodes.map(({ tag, contents }) => {
    const body = contents instanceof Uint8Array
      ? contents
      : encodeAll(contents);
    const size = body.length < 0x80
      ? 0
      : body.length < 0x100
      ? 1
      : body.length < 0x10000
      ? 2
      : 3;
    const length = size === 0 ? [body.length] : [
      0x80 | size,
      ...[16, 8, 0].slice(3 - size).map((shift) => body.length >> shift & 0xff),
    ];
    return [Uint8Array.of(tag, ...length), body];
  }).flat();
  const bytes = new Uint8Array(
    parts.reduce((sum, part) => sum + part.length, 0),
  );
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function pick<T>(items: readonly T[], random: Random): T {
  return items[random(items.length)] as T;
}

const tags: readonly number[] = [
  ...[0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0a, 0x0c, 0x12, 0x13, 0x14, 0x16],
  ...[0x17, 0x18, 0x1a, 0x1c, 0x1e, 0x30, 0x31, 0x80, 0x81, 0x82, 0x86, 0x87],
  ...[0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0x1f, 0x3f],
];
