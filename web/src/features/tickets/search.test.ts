import { expect, test } from "vitest";
import { z } from "~/lib/zod";
import { TicketSearch, filtersOf, isFiltered, readTyped, sameList, searchOfView } from "./search";

test.each([
  [{}, {}],
  [
    { status: "OPEN,ESCALATED", q: "vpn" },
    { status: "OPEN,ESCALATED", q: "vpn" },
  ],
  [{ status: "escalated,nonsense" }, { status: "ESCALATED" }],
  [{ status: "nonsense", priority: "URGENT", other: "1" }, { priority: "URGENT" }],
  [{ q: "x".repeat(201) }, {}],
  [{ assigneeId: "me", organizationId: "no id" }, { assigneeId: "me" }],
  [
    { sla: "breached", sort: "-priority" },
    { sla: "breached", sort: "-priority" },
  ],
  [{ sla: "late", sort: "subject" }, {}],
  [{ createdFrom: "2026-11-01", createdTo: "yesterday" }, { createdFrom: "2026-11-01" }],
  [
    { copilot: "EDITED,liked,unjudged", copilotFrom: "soon", sentiment: "Negative", weekday: "3", hour: 24 },
    { copilot: "edited,unjudged", sentiment: "negative", weekday: 3 },
  ],
])("the address %j", (address, search) => {
  expect(JSON.parse(JSON.stringify(z.parse(TicketSearch, address)))).toEqual(search);
});

test.each([
  ["vpn drops", "vpn drops", {}],
  ["vpn priority:urgent assignee:me", "vpn", { priority: "URGENT", assigneeId: "me" }],
  ["is:open status:escalated", "", { status: "OPEN,ESCALATED" }],
  ["tag:wifi tag:office", "", { tag: "wifi,office" }],
  ["SLA:BREACHED printer", "printer", { sla: "breached" }],
  // What is no filter stays among the words.
  ["status:purple http://a.b/c", "status:purple http://a.b/c", {}],
  ["tag:", "tag:", {}],
])("what is typed as %j", (typed, words, filters) => {
  expect(readTyped(typed)).toEqual({ words, filters });
});

test("a saved view is an address, and the order of its filters does not matter", () => {
  const view = { id: "view1", filters: { priority: ["HIGH"], status: ["OPEN", "ESCALATED"] }, sort: "-createdAt" };
  const search = searchOfView(view);
  expect(search).toEqual({ priority: "HIGH", status: "OPEN,ESCALATED", view: "view1" });
  expect(sameList(search, { status: "OPEN,ESCALATED", priority: "HIGH" })).toBe(true);
  expect(sameList(search, { status: "OPEN,ESCALATED", priority: "HIGH", sort: "-priority" })).toBe(false);
  expect(sameList(search, { status: "OPEN" })).toBe(false);
});

test("filters go to the server as lists, without what only the page knows", () => {
  expect(filtersOf({ q: "vpn", status: "OPEN,CLOSED", view: "view1", sort: "-priority" })).toEqual({
    status: ["OPEN", "CLOSED"],
    q: "vpn",
  });
  expect(isFiltered({ view: "view1", sort: "-priority" })).toBe(false);
});

test("an hour of the week counts with its zone and its days, days and people with what they are of", () => {
  const cell = { weekday: 1, hour: 9, timezone: "Europe/Berlin" };
  expect(filtersOf({ ...cell, copilotFrom: "2026-11-01", copilotTo: "2026-11-24" })).toEqual({});
  const days = { createdFrom: "2026-11-01", createdTo: "2026-11-24" };
  expect(filtersOf({ ...cell, ...days })).toEqual({ ...cell, ...days });
  expect(filtersOf({ copilot: "accepted,edited", copilotFrom: "2026-11-01" })).toEqual({
    copilot: ["accepted", "edited"],
    copilotFrom: "2026-11-01",
  });
  const written = { repliedFrom: "2026-11-01", repliedTo: "2026-11-24" };
  expect(filtersOf({ copilotById: "user1", ...written })).toEqual({});
  expect(filtersOf({ repliedById: "agent1,user2", ...written })).toEqual({
    repliedById: ["agent1", "user2"],
    ...written,
  });
  expect(filtersOf({ copilot: "edited", copilotById: "me" })).toEqual({ copilot: ["edited"], copilotById: ["me"] });
  const view = { id: "view1", filters: { ...cell, ...days, copilot: ["rejected"] }, sort: "-createdAt" };
  expect(searchOfView(view)).toEqual({ ...cell, ...days, copilot: "rejected", view: "view1" });
});
