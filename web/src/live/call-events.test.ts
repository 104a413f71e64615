import { expect, test } from "vitest";
import { readCallFrame } from "./call-events";

test.each([
  [
    { id: "e1", type: "call.turn", at: "x", data: { callId: "c1", seq: 4, agent: "a" } },
    { callId: "c1", seq: 4 },
  ],
  [
    { type: "call.partial", data: { callId: "c1", speaker: "CALLER", agent: null, text: "My pri", provisional: true } },
    { callId: "c1", speaker: "CALLER", agent: null, text: "My pri" },
  ],
  [{ type: "resync" }, undefined],
  [{ id: "e2", type: "call.moved", data: { robot: "r1" } }, undefined],
])("the frame %j", (frame, data) => {
  const read = readCallFrame(JSON.stringify(frame));
  expect(read?.type).toBe(frame.type);
  expect(read && "data" in read ? read.data : undefined).toEqual(data);
});

test.each(["", "{", "[]", '{"type": 1}', '{"type": "call.partial", "data": {}}'])("%s is no frame", (text) => {
  expect(readCallFrame(text)).toBeNull();
});
