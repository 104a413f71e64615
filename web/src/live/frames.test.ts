import { expect, test } from "vitest";
import { isEvent, readFrame } from "./frames";

test.each([
  [{ id: "e1", type: "ticket.updated", at: "x", data: { ticketId: "t1" } }, "ticket.updated", true],
  [
    {
      id: null,
      type: "ticket.presence",
      data: { ticketId: "t1", viewers: [{ userId: "u", name: "Nia", isTyping: true }] },
    },
    "ticket.presence",
    true,
  ],
  [
    { type: "suggestion.partial", data: { suggestionId: "s1", ticketId: "t1", text: "Hel", provisional: true } },
    "suggestion.partial",
    true,
  ],
  [{ type: "resync" }, "resync", false],
  [{ id: "e2", type: "call.started", data: { callId: "c1" } }, "call.started", false],
])("the frame %j", (frame, type, known) => {
  const read = readFrame(JSON.stringify(frame));
  expect(read?.type).toBe(type);
  expect(read !== null && isEvent(read)).toBe(known);
});

test.each(["", "{", "[]", '{"type": 1}', '{"id": null, "type": "call.started"}'])("%s is no frame", (text) => {
  expect(readFrame(text)).toBeNull();
});
