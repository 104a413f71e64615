import { expect, test } from "vitest";
import { InsightSearch, spanOf } from "./search";

const NOW = Date.parse("2026-11-26T19:23:45Z");

test("a span is asked for together with as many days before it", () => {
  expect(spanOf({}, NOW)).toEqual({ days: 30, query: { from: "2026-09-28T19:23:00.000Z" } });
  expect(spanOf({ range: "7" }, NOW)).toEqual({ days: 7, query: { from: "2026-11-13T19:23:00.000Z" } });
  expect(spanOf({ from: "2026-11-01", to: "2026-11-10" }, NOW)).toEqual({
    days: 10,
    query: { from: "2026-10-22", to: "2026-11-11" },
  });
});

test("what makes no sense in an address is as good as nothing", () => {
  expect(InsightSearch.parse({ range: "90" })).toEqual({ range: "90" });
  expect(InsightSearch.parse({ zone: "Asia/Tokyo" })).toEqual({ zone: "Asia/Tokyo" });
  expect(InsightSearch.parse({ zone: "Mars/Olympus" })).toEqual({});
  expect(InsightSearch.parse({ range: "12", from: "soon" })).toEqual({});
  expect(spanOf({ from: "2026-11-10", to: "2026-11-01" }, NOW).days).toBe(30);
});
