import { QueryClient } from "@tanstack/react-query";
import { expect, test } from "vitest";
import { pagedList } from "./paged-list";

interface Row {
  id: string;
  version: number;
  updatedAt: string;
  found?: string;
}

const row = (id: string, version: number, found?: string): Row => ({
  id,
  version,
  updatedAt: `at ${String(version)}`,
  ...(found && { found }),
});

const list = pagedList<{ of: string }, Row>({
  name: "rows",
  parametersOf: ({ of }) => ({ of }),
  load: () => Promise.resolve({ items: [], nextCursor: null }),
  loadRow: () => Promise.reject(new Error("no row")),
  keep: (old, now) => ({ ...now, ...(old.found && { found: old.found }) }),
});

function loaded() {
  const queries = new QueryClient();
  list.restart(queries, { of: "a" }, { items: [row("1", 2, "words"), row("2", 2)], nextCursor: "more" });
  list.restart(queries, { of: "b" }, { items: [row("2", 2)], nextCursor: null });
  const rows = (of: string) => queries.getQueryData(list.query({ of }).queryKey)?.pages.flatMap(({ items }) => items);
  return { queries, rows };
}

test("newer rows take the place of older ones in every list, older ones do not, and what is to be kept is", () => {
  const { queries, rows } = loaded();
  list.update(queries, [row("1", 3), row("2", 1)]);
  expect(rows("a")).toEqual([row("1", 3, "words"), row("2", 2)]);
  const before = rows("b");
  list.update(queries, [row("2", 4)]);
  expect(rows("a")?.[1]).toEqual(row("2", 4));
  expect(rows("b")).toEqual([row("2", 4)]);
  expect(before).toEqual([row("2", 2)]);
});

test("a list without the row is not touched, so that nothing is drawn anew", () => {
  const { queries } = loaded();
  const data = () => queries.getQueryData(list.query({ of: "b" }).queryKey);
  const before = data();
  list.update(queries, [row("1", 9)]);
  expect(data()).toBe(before);
});

test("a new row goes on top of the lists that it fits, once", () => {
  const { queries, rows } = loaded();
  const fits = (parameters: unknown) => (parameters as { of: string }).of === "a";
  list.add(queries, row("3", 1), fits);
  list.add(queries, row("3", 1), fits);
  expect(rows("a")?.map(({ id }) => id)).toEqual(["3", "1", "2"]);
  expect(rows("b")?.map(({ id }) => id)).toEqual(["2"]);
  expect(list.find(queries, ({ id }) => id === "3")).toEqual(row("3", 1));
  expect(list.find(queries, ({ id }) => id === "4")).toBeUndefined();
});
