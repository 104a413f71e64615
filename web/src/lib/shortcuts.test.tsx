import { fireEvent } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import { show } from "~/test/render";
import { type Command, currentCommands, useCommands } from "./commands";
import { setShortcutsEnabled } from "./shortcuts";

function Offers({ commands }: { commands: Command[] }) {
  useCommands(commands);
  return <input aria-label="field" />;
}

test("one letter, two letters, none in fields, none when switched off", () => {
  const solve = vi.fn();
  const tickets = vi.fn();
  const { getByLabelText, unmount } = show(
    <Offers
      commands={[
        { id: "solve", label: "Solve", group: "Ticket", key: "e", run: solve },
        { id: "go", label: "Tickets", group: "Go to", key: "g e", run: tickets },
      ]}
    />,
  );
  expect(currentCommands().map(({ id }) => id)).toEqual(["solve", "go"]);
  fireEvent.keyDown(document.body, { key: "e" });
  expect(solve).toHaveBeenCalledTimes(1);
  fireEvent.keyDown(document.body, { key: "g" });
  fireEvent.keyDown(document.body, { key: "e" });
  expect(tickets).toHaveBeenCalledTimes(1);
  expect(solve).toHaveBeenCalledTimes(1);
  fireEvent.keyDown(getByLabelText("field"), { key: "e" });
  fireEvent.keyDown(document.body, { key: "e", ctrlKey: true });
  setShortcutsEnabled(false);
  fireEvent.keyDown(document.body, { key: "e" });
  setShortcutsEnabled(true);
  expect(solve).toHaveBeenCalledTimes(1);
  unmount();
  expect(currentCommands()).toEqual([]);
});
