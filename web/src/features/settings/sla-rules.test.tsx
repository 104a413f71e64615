import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { expect, test } from "vitest";
import { show } from "~/test/render";
import { Minutes, inHours } from "./minutes";
import { rulesOf, rulesWritten } from "./sla-rules";

test.each([
  [null, "–"],
  [0, "0 min"],
  [30, "30 min"],
  [60, "1 h"],
  [90, "1 h 30 min"],
  [600, "10 h"],
])("%s minutes are %s", (minutes, words) => {
  expect(inHours(minutes)).toBe(words);
});

test("a span is typed in hours and kept in minutes; changing the unit keeps the number", async () => {
  const kept: (number | null)[] = [];
  function Field() {
    const [value, setValue] = useState<number | null>(240);
    kept.push(value);
    return <Minutes label="Solved within" value={value} onChange={setValue} />;
  }
  show(<Field />);
  const field = screen.getByLabelText("Solved within");
  expect(field).toHaveValue("4");
  await userEvent.clear(field);
  expect(kept.at(-1)).toBe(null);
  await userEvent.type(field, "1.5");
  expect(kept.at(-1)).toBe(90);
});

test("rules go to the server as they came from it", () => {
  const rows = [
    {
      clock: "RESOLUTION",
      atPercent: 110,
      actions: [
        { type: "ESCALATE", supportAgentId: "a1", teamId: null, level: 2 },
        { type: "ASSIGN", supportAgentId: null, teamId: "t1", level: null },
        { type: "RAISE_PRIORITY", supportAgentId: null, teamId: null, level: null },
      ],
    },
  ];
  expect(rulesWritten(rulesOf(rows))).toEqual(rows);
});
