import { expect, test } from "vitest";
import { compact } from "~/lib/list-search";
import { CallSearch, filtersOf, isFiltered } from "./search";

const read = (address: object) => compact(CallSearch.parse(address));

test("what makes no sense in an address is as good as nothing", () => {
  expect(
    read({
      status: "completed,lost",
      agent: "PRINTER_AGENT",
      hour: 24,
      weekday: "3",
      dateFrom: "soon",
      wasEscalated: "yes",
    }),
  ).toEqual({ status: "COMPLETED", agent: "printer_agent", weekday: 3 });
  expect(read({ organizationId: "'; DROP", q: "", sort: "-price" })).toEqual({});
});

test("filters are told as the server takes them", () => {
  const search = read({ status: "FAILED,BUSY", wasEscalated: "true", q: "printer jam", deviceId: "d1,d2" });
  expect(filtersOf(search)).toEqual({
    status: ["FAILED", "BUSY"],
    deviceId: ["d1", "d2"],
    wasEscalated: true,
    q: "printer jam",
  });
  expect(isFiltered(search)).toBe(true);
  expect(isFiltered(read({ sort: "startedAt" }))).toBe(false);
});

test("an hour of the week counts only with its zone and its days", () => {
  const cell = { weekday: 1, hour: 9, timezone: "Europe/Berlin" };
  expect(filtersOf(read(cell))).toEqual({});
  const days = { dateFrom: "2026-11-01T00:00:00Z", dateTo: "2026-11-24T00:00:00Z" };
  expect(filtersOf(read({ ...cell, ...days }))).toEqual({ ...cell, ...days });
});
