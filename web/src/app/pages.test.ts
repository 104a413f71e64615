import { expect, test } from "vitest";
import { PAGES, pageAt } from "./pages";

test.each([
  ["/calls", "/calls"],
  ["/calls/0123abcd", "/calls"],
  ["/calls/live", "/calls/live"],
  ["/calls/now", "/calls/now"],
  ["/callsheet", undefined],
  ["/devices/9", "/devices"],
])("one page is marked in the navigation: %s", (path, to) => {
  expect(pageAt(path, PAGES)?.to).toBe(to);
});
