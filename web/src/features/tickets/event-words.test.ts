import { expect, test } from "vitest";
import type { Message } from "~/api/client";
import { type TicketEvent, wordsOf } from "./event-words";
import { timeLine } from "./timeline";

const names = {
  status: (key: string) => key.toLowerCase(),
  priority: (key: string) => key.toLowerCase(),
  agent: (id: string) => (id === "agent1" ? "Jonas Berg" : "a support agent"),
};

test.each<[string, object, string]>([
  ["TICKET_CREATED", {}, "opened the ticket"],
  ["STATUS_CHANGED", { status: { from: "OPEN", to: "CLOSED" } }, "changed the status from open to closed"],
  ["PRIORITY_CHANGED", { priority: { from: "LOW", to: "HIGH" } }, "changed the priority from low to high"],
  ["ASSIGNED", { assigneeId: { from: null, to: "agent1" } }, "assigned the ticket to Jonas Berg"],
  ["ASSIGNED", { assigneeId: { from: "agent1", to: null } }, "released the ticket from Jonas Berg"],
  ["MESSAGE_ADDED", { isInternal: true, authorType: "AGENT" }, "added an internal note"],
  ["MESSAGE_ADDED", { isInternal: false, authorType: "CUSTOMER" }, "wrote, as the customer"],
  ["ATTACHMENT_ADDED", { fileName: "a.log" }, "attached a.log"],
  ["ESCALATED", { status: "PENDING", reason: "down", toAgentId: "agent1" }, "escalated the ticket to Jonas Berg: down"],
  ["ESCALATED", { status: "DECLINED", reason: "down", answer: "not mine" }, "declined the escalation: not mine"],
  ["FIELD_CHANGED", { tags: { from: ["a"], to: [] } }, "changed the tags from a to none"],
  ["FIELD_CHANGED", { deviceId: { from: null, to: "device1" } }, "changed the device"],
  ["TICKET_MERGED", { fromNumber: 7, intoNumber: 42 }, "merged TKT-0007 into TKT-0042"],
  ["SUGGESTION_CREATED", { kind: "draft_reply" }, "asked the copilot for a draft"],
  [
    "SUGGESTION_FEEDBACK",
    { verdict: "edited", editDistance: 12 },
    "used a suggestion of the copilot with 12 characters changed",
  ],
  ["SOMETHING_NEW", {}, "something new"],
])("%s %j", (kind, payload, words) => {
  expect(wordsOf({ kind, payload } as TicketEvent, names)).toBe(words);
});

test("messages and events stand in the order of their times, a message before what it caused", () => {
  const message = (id: string, createdAt: string) => ({ id, createdAt }) as Message;
  const event = (id: string, kind: string, createdAt: string) => ({ id, kind, createdAt }) as TicketEvent;
  const line = timeLine(
    [message("m1", "10:00"), message("m2", "12:00")],
    [
      event("e0", "STATUS_CHANGED", "09:00"),
      event("e3", "STATUS_CHANGED", "12:00"),
      event("e2", "ASSIGNED", "11:00"),
      event("e4", "MESSAGE_ADDED", "12:00"),
    ],
  );
  expect(line.map((entry) => ("message" in entry ? entry.message.id : entry.event.id))).toEqual([
    "m1",
    "e2",
    "m2",
    "e3",
  ]);
});
