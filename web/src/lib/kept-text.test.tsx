import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import { show } from "~/test/render";
import { useKeptText } from "./kept-text";

function Field({ name }: { name: string }) {
  const [text, setText] = useKeptText(name);
  return <input aria-label="text" value={text} onChange={(event) => setText(event.currentTarget.value)} />;
}

test("a text outlives the field, each name has its own, an emptied one is forgotten", async () => {
  const first = show(<Field name="a" />);
  await userEvent.type(screen.getByLabelText("text"), "half a");
  first.rerender(<Field name="b" />);
  expect(screen.getByLabelText("text")).toHaveValue("");
  first.rerender(<Field name="a" />);
  expect(screen.getByLabelText("text")).toHaveValue("half a");
  first.unmount();
  show(<Field name="a" />);
  expect(screen.getByLabelText("text")).toHaveValue("half a");
  await userEvent.clear(screen.getByLabelText("text"));
  expect(sessionStorage).toHaveLength(0);
});
