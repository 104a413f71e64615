import { expect, test } from "vitest";
import { languageName } from "./language";

test.each([
  ["es", "Spanish"],
  ["de-CH", "Swiss High German"],
  ["not a code", "not a code"],
])("%s is %s", (code, name) => {
  expect(languageName(code)).toBe(name);
});
