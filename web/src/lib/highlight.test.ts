import { expect, test } from "vitest";
import { highlight } from "./highlight";

test.each([
  ["VPN drops", undefined, "VPN drops"],
  ["VPN drops", "vpn", "[VPN] drops"],
  ["Vpnclient and VPN", "vpn drop", "[Vpn]client and [VPN]"],
  ["The café of Zoë", "cafe zoe", "The [café] of [Zoë]"],
  ["TKT-0042", "0042", "TKT-[0042]"],
  ["<b>vpn</b>", "vpn", "<b>[vpn]</b>"],
  ["nothing", "x y", "nothing"],
])("%s searched for %s", (text, words, expected) => {
  const parts = highlight(text, words);
  expect(parts.map((part) => (part.hit ? `[${part.text}]` : part.text)).join("")).toBe(expected);
});
