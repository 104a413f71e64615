import { expect, test } from "vitest";
import { OUTCOMES, callerOf, clock, colorOf, labelOf, toolName } from "./calls";

test.each([
  [0, "0:00"],
  [-5, "0:00"],
  [7_900, "0:07"],
  [725_000, "12:05"],
  [3_723_000, "1:02:03"],
])("%d ms of a call are %s", (ms, text) => {
  expect(clock(ms)).toBe(text);
});

test("who called, as far as it is known", () => {
  const nobody = { provider: "TWILIO", contact: null, callerPhone: null, fromNumber: "", isErased: false };
  expect(callerOf({ ...nobody, contact: { name: "Ada Byron" }, callerPhone: "+12025550143" })).toBe("Ada Byron");
  expect(callerOf({ ...nobody, callerPhone: "+12025550143" })).toBe("+12025550143");
  expect(callerOf({ ...nobody, fromNumber: "anonymous" })).toBe("anonymous");
  expect(callerOf({ ...nobody, provider: "BROWSER", fromNumber: "browser" })).toBe("From the browser");
  expect([callerOf(nobody), callerOf({ ...nobody, isErased: true })]).toEqual(["Unknown caller", "Erased"]);
});

test("keys that nobody knows are told as they are", () => {
  expect([labelOf(OUTCOMES, "RESOLVED"), labelOf(OUTCOMES, "LOST"), labelOf(OUTCOMES, null)]).toEqual([
    "Solved by AI",
    "LOST",
    "",
  ]);
  expect([colorOf(OUTCOMES, "LOST"), toolName("search_knowledge")]).toEqual([undefined, "Search knowledge"]);
});
