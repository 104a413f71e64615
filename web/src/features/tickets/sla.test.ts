import { expect, test } from "vitest";
import type { TicketLine } from "~/api/client";
import { clock, clocks } from "./sla";

const NOW = Date.parse("2026-11-24T12:00:00Z");
const at = (time: string) => `2026-11-24T${time}:00Z`;

type Server = TicketLine["slaClocks"][number];
const common = {
  state: "RUNNING",
  doneAt: null,
  breachedAt: null,
  percent: 10,
  remainingSeconds: 60,
  targetMinutes: 60,
};
const reply: Server = { ...common, clock: "FIRST_RESPONSE", dueAt: at("12:18") };
const solution: Server = { ...common, clock: "RESOLUTION", dueAt: at("18:00") };

test.each([
  [{}, {}, "Reply due in 18m", "soon"],
  [{ state: "BREACHED", dueAt: at("11:00"), breachedAt: at("11:00") }, {}, "Reply overdue by 1h", "late"],
  [{ state: "MET", doneAt: at("11:00") }, {}, "Solution due in 6h", "calm"],
])("with %j and %j the next clock is %s", (first, second, text, level) => {
  const slaClocks = [
    { ...reply, ...first },
    { ...solution, ...second },
  ];
  expect(clock({ slaClocks }, NOW)).toEqual({ text, level });
});

test.each([
  [[]],
  [
    [
      { ...reply, state: "MET", doneAt: at("11:00") },
      { ...solution, state: "PAUSED" },
    ],
  ],
  [[{ ...solution, state: "MET", doneAt: at("11:00") }]],
])("with %j no clock runs", (slaClocks) => {
  expect(clock({ slaClocks }, NOW)).toBeNull();
});

test("clocks that ended say whether it was in time, and one that stands still says why", () => {
  const ended = [
    { ...reply, state: "MET", doneAt: at("11:00") },
    { ...solution, state: "BREACHED", doneAt: at("19:00") },
  ];
  expect(clocks({ slaClocks: ended }, NOW)).toEqual({
    reply: { text: "Answered in time", level: "met" },
    solution: { text: "Resolved too late", level: "late" },
  });
  const paused = clocks({ slaClocks: [{ ...solution, state: "PAUSED" }] }, NOW);
  expect(paused).toEqual({ reply: null, solution: { text: "Paused, waiting on the customer", level: "paused" } });
});
