import { expect, test } from "vitest";
import { clock, clocks } from "./sla";

const NOW = Date.parse("2026-11-24T12:00:00Z");
const at = (time: string) => `2026-11-24T${time}:00Z`;
const ticket = {
  status: "OPEN",
  firstResponseDueAt: at("12:18"),
  firstRespondedAt: null,
  resolutionDueAt: at("18:00"),
  resolvedAt: null,
  closedAt: null,
};

test.each([
  [{}, "Reply due in 18m", "soon"],
  [{ firstResponseDueAt: at("11:00") }, "Reply overdue by 1h", "late"],
  [{ firstRespondedAt: at("11:00") }, "Solution due in 6h", "calm"],
  [{ slaPausedAt: at("11:30") }, "Paused, waiting on the customer", "paused"],
])("with %j the next clock is %s", (part, text, level) => {
  expect(clock({ ...ticket, ...part }, NOW)).toEqual({ text, level });
});

test.each([
  [{ firstRespondedAt: at("11:00"), status: "WAITING_ON_CUSTOMER" }],
  [{ resolvedAt: at("11:00") }],
  [{ firstResponseDueAt: null, resolutionDueAt: null }],
])("with %j no clock runs", (part) => {
  expect(clock({ ...ticket, ...part }, NOW)).toBeNull();
});

test("clocks that ended say whether it was in time", () => {
  const ended = { ...ticket, firstRespondedAt: at("11:00"), resolvedAt: at("19:00"), status: "RESOLVED" };
  expect(clocks(ended, NOW)).toEqual({
    reply: { text: "Answered in time", level: "met" },
    solution: { text: "Resolved too late", level: "late" },
  });
});
