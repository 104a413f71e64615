import { expect, test } from "vitest";
import { age, due, duration, shortAge } from "./time";

const NOW = Date.parse("2026-11-24T12:00:00Z");

test.each([
  ["2026-11-24T12:00:05Z", "now", "just now"],
  ["2026-11-24T11:59:31Z", "now", "just now"],
  ["2026-11-24T11:56:00Z", "4m", "4m ago"],
  ["2026-11-24T09:30:00Z", "2h", "2h ago"],
  ["2026-11-21T12:00:00Z", "3d", "3d ago"],
  ["2026-11-05T12:00:00Z", "Nov 5", "Nov 5"],
  ["2025-06-12T12:00:00Z", "Jun 12, 2025", "Jun 12, 2025"],
])("the age of %s", (at, short, words) => {
  expect(shortAge(at, NOW)).toBe(short);
  expect(age(at, NOW)).toBe(words);
});

test.each([
  ["2026-11-24T15:00:00Z", "Reply due in 3h", "calm"],
  ["2026-11-24T12:18:00Z", "Reply due in 18m", "soon"],
  ["2026-11-24T12:00:20Z", "Reply due now", "soon"],
  ["2026-11-24T11:59:40Z", "Reply overdue", "late"],
  ["2026-11-24T10:00:00Z", "Reply overdue by 2h", "late"],
])("a clock that ends at %s", (at, text, level) => {
  expect(due("Reply", at, NOW)).toEqual({ text, level });
});

test.each([
  [84, "84 ms"],
  [2_140, "2.1 s"],
  [65_000, "1 min 5 s"],
])("%i ms in words", (ms, words) => {
  expect(duration(ms)).toBe(words);
});
