import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import { show } from "~/test/render";
import { useCommands } from "./commands";
import { useWalk } from "./walk";

const ROWS = [{ id: "a" }, { id: "b" }, { id: "c" }];

function List({ rows, open }: { rows: { id: string }[]; open?: string }) {
  const { commands } = useWalk({
    one: "row",
    many: "rows",
    rows,
    isOpen: ({ id }) => id === open,
    focusRow: (index) => document.querySelectorAll<HTMLElement>("[data-row]")[index]?.focus(),
    focusSearch: () => document.querySelector("input")?.focus(),
  });
  useCommands(commands);
  return (
    <>
      <input aria-label="Words" />
      {rows.map(({ id }) => (
        <button key={id} data-row={id}>
          {id}
        </button>
      ))}
    </>
  );
}

const key = (text: string) => userEvent.keyboard(text);
const at = () => document.activeElement?.textContent;

test("from the open row on, no further than the ends, and where one was when the focus was lost", async () => {
  show(<List rows={ROWS} open="b" />);
  await key("j");
  expect(at()).toBe("c");
  await key("j");
  expect(at()).toBe("c");
  (document.activeElement as HTMLElement).blur();
  await key("k");
  expect(at()).toBe("b");
  await key("/");
  expect(screen.getByLabelText("Words")).toHaveFocus();
});

test("a row that left the list is no place to go on from", async () => {
  const { rerender } = show(<List rows={ROWS} />);
  await key("jjj");
  expect(at()).toBe("c");
  rerender(<List rows={ROWS.slice(0, 2)} />);
  await key("j");
  expect(at()).toBe("a");
});
