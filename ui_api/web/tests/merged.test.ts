import { describe, expect, it } from "vitest";
import { merged } from "../src/logic/merged";

const key = (row: { id: string }) => row.id;
const time = (row: { at: number }) => row.at;
const rows = [{ id: "c", at: 3 }, { id: "b", at: 2 }, { id: "a", at: 1 }];
const ids = (found: readonly { id: string }[]) => found.map(key).join("");

describe("a list that is told what is new", () => {
  it("puts a newer version in the place of the older one", () => {
    expect(merged(rows, [{ id: "b", at: 2, name: "new" } as (typeof rows)[number]], key, time, false)[1]).toEqual({ id: "b", at: 2, name: "new" });
  });
  it("puts what began last on top, in its order", () => {
    expect(ids(merged(rows, [{ id: "d", at: 4 }, { id: "e", at: 5 }], key, time, true))).toBe("edcba");
  });
  it("puts what arrives late where it belongs", () => {
    expect(ids(merged(rows, [{ id: "x", at: 1.5 }, { id: "y", at: 2.5 }], key, time, true))).toBe("cybxa");
  });
  it("leaves to a page that is not there yet what belongs there", () => {
    expect(ids(merged(rows, [{ id: "x", at: 0 }], key, time, true))).toBe("cba");
    expect(ids(merged(rows, [{ id: "x", at: 0 }], key, time, false))).toBe("cbax");
  });
  it("takes nothing new without a time, and everything into an empty list", () => {
    expect(ids(merged(rows, [{ id: "x", at: 9 }], key, null, false))).toBe("cba");
    expect(ids(merged([], [{ id: "x", at: 1 }, { id: "y", at: 2 }], key, time, false))).toBe("yx");
  });
});
