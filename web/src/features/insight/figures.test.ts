import { expect, test } from "vitest";
import { type Bucket, byHour, changeOf, dayAfter, each, grouped, inDollars, inTime, share, sumsOf } from "./figures";
import { csvOf } from "~/lib/csv";

function bucket(part: Partial<Bucket>): Bucket {
  const none = { ticketsCreated: 0, ticketsResolved: 0, firstResponses: 0, meanFirstResponseSeconds: null };
  const sla = { slaMet: 0, slaMissed: 0, slaBreaches: 0, slaCompliance: null };
  const copilot = { suggestions: 0, suggestionsAccepted: 0, suggestionsEdited: 0, suggestionsRejected: 0 };
  return { ...none, ...sla, ...copilot, aiCostUsd: 0, telephonyCostUsd: 0, ...part } as Bucket;
}

test("means of several days weigh by how many there were", () => {
  const days = [
    bucket({ firstResponses: 1, meanFirstResponseSeconds: 100, ticketsCreated: 2 }),
    bucket({ firstResponses: 3, meanFirstResponseSeconds: 200, ticketsCreated: 5 }),
    bucket({}),
  ];
  expect(sumsOf(days)).toMatchObject({ created: 7, firstReply: 175 });
  expect(sumsOf([]).firstReply).toBe(null);
});

test.each([
  [110, 100, "more", { by: 0.1, better: true }],
  [110, 100, "less", { by: 0.1, better: false }],
  [90, 100, "less", { by: -0.1, better: true }],
  [90, 100, null, { by: -0.1, better: null }],
  [100.1, 100, "more", { by: 0, better: null }],
  [5, 0, "more", null],
  [null, 4, "more", null],
] as const)("from %s after %s, %s is better", (now, before, good, expected) => {
  const change = changeOf(now, before, good);
  expect(change && { ...change, by: Math.round(change.by * 1000) / 1000 }).toEqual(expected);
});

test("hours are those of the workspace's clocks", () => {
  // A Thursday, 02:00 in UTC: Wednesday, 21:00 in New York.
  const rows = byHour(
    [bucket({ from: "2026-11-26T02:00:00Z", ticketsCreated: 4 })],
    "America/New_York",
    (one) => one.ticketsCreated,
  );
  expect(rows.find(({ day }) => day === "Wed")?.hours[21]).toBe(4);
  expect(rows.flatMap(({ hours }) => hours).reduce((sum, one) => sum + one, 0)).toBe(4);
});

test("days are put together so that there are few bars, and none is lost", () => {
  const days = Array.from({ length: 30 }, (_, index) =>
    bucket({ day: `2026-11-${String(index + 1).padStart(2, "0")}` }),
  );
  const groups = grouped(days, 13);
  expect(groups).toHaveLength(10);
  expect(groups.flatMap((group) => group.buckets)).toEqual(days);
  expect(groups.at(-1)?.buckets).toHaveLength(3);
  expect(groups[0]?.label).toBe("Nov 1");
});

test("small words", () => {
  expect([null, 0, 0.0042, 12.5].map(inDollars)).toEqual(["–", "$0.00", "$0.0042", "$12.50"]);
  expect([each(3, 2), each(3, 0)]).toEqual([1.5, null]);
  expect([null, 45, 660, 9_000, 270_000].map(inTime)).toEqual(["–", "45 s", "11 min", "2.5 h", "3.1 d"]);
  expect(dayAfter("2026-02-28")).toBe("2026-03-01");
  expect(share(1, 0)).toBe(null);
});

test("cells that a spreadsheet would take for formulas are told as text", () => {
  const text = csvOf(
    ["Name", "Tickets"],
    [
      ["=1+1", 3],
      ['Ann "A", B', 4],
      ["-", -2],
    ],
  );
  expect(text).toBe('Name,Tickets\r\n\'=1+1,3\r\n"Ann ""A"", B",4\r\n\'-,-2\r\n');
});
