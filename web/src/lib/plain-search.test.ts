import { expect, test } from "vitest";
import { parseSearch, stringifySearch } from "./plain-search";

test.each(["?q=42", "?range=7", "?q=0012", "?q=true", "?q=1e3", "?q=4471&status=OPEN", "?q=-1"])(
  "%s stays text",
  (search) => {
    const parsed = parseSearch(search);
    expect(Object.values(parsed).every((value) => typeof value === "string")).toBe(true);
    expect(stringifySearch(parsed)).toBe(search);
  },
);
