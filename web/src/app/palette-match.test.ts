import { expect, test } from "vitest";
import type { Command } from "~/lib/commands";
import { matches, order, pieces } from "./palette-match";

function command(label: string, group = "Do", words = ""): Command {
  return { id: label, label, group, words, run: () => undefined };
}

test.each([
  ["", true],
  ["aud", true],
  ["AUDIT log", true],
  ["log audit", true],
  ["settings aud", true],
  ["who", true],
  ["audit x", false],
])("%j finds the audit log: %j", (typed, found) => {
  expect(matches(command("Audit log", "Settings", "changes who"), typed)).toBe(found);
});

test("accents do not matter", () => {
  expect(matches(command("Tomás"), "tomas")).toBe(true);
});

test("what begins with the words comes first, and groups stay together", () => {
  const commands = [
    command("New ticket"),
    command("Tickets", "Go to"),
    command("Show all", "Do"),
    command("Team", "Go to"),
  ];
  expect(order(commands, "t").map(({ label }) => label)).toEqual(["Tickets", "Team", "New ticket", "Show all"]);
  expect(order(commands, "").map(({ label }) => label)).toEqual(["New ticket", "Show all", "Tickets", "Team"]);
});

test("what was typed is marked, and is never read as a pattern", () => {
  expect(pieces("Audit log", "lo")).toEqual([
    ["Audit ", false],
    ["lo", true],
    ["g", false],
  ]);
  expect(pieces("a (b", "(")).toEqual([
    ["a ", false],
    ["(", true],
    ["b", false],
  ]);
});
