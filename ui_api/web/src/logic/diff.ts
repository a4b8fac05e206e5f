// Two traces side by side: which span of the one is which of the other.
import type { Branch, Tree } from "./tree";

export interface Pair {
  depth: number;
  /** One of them may be missing. */
  left: Branch | null;
  right: Branch | null;
  /** Whether they ended otherwise, or one has what the other has not. */
  differs: boolean;
}

/** Of each level those spans are the same that are called the same, in their order, and calls of
 * models whichever model they call; what one trace alone has stands where it stands there. Noise is
 * left out. */
export function pairs(left: Tree, right: Tree): Pair[] {
  const found: Pair[] = [];
  const stack = aligned(shown(left.roots), shown(right.roots), 0).reverse();
  for (let pair = stack.pop(); pair; pair = stack.pop()) {
    found.push(pair);
    stack.push(...aligned(shown(pair.left?.children ?? []), shown(pair.right?.children ?? []), pair.depth + 1).reverse());
  }
  return found;
}

/** Children of noise stand in its place. */
function shown(branches: readonly Branch[]): Branch[] {
  return branches.flatMap((one) => (one.span.noise ? shown(one.children) : [one]));
}

function called(one: Branch): string {
  return one.span.kind === "generation" ? "generation" : `${one.span.kind} ${one.span.name}`;
}

function aligned(left: readonly Branch[], right: readonly Branch[], depth: number): Pair[] {
  const found: Pair[] = [];
  let at = 0;
  for (const one of left) {
    const same = right.findIndex((other, place) => place >= at && called(other) === called(one));
    if (same < 0) found.push(pair(one, null, depth));
    else {
      for (; at < same; at++) found.push(pair(null, right[at]!, depth));
      found.push(pair(one, right[at++]!, depth));
    }
  }
  for (; at < right.length; at++) found.push(pair(null, right[at]!, depth));
  return found;
}

function pair(left: Branch | null, right: Branch | null, depth: number): Pair {
  return { depth, left, right, differs: !left || !right || left.span.status !== right.span.status };
}
