import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { notifications } from "@mantine/notifications";
import { afterEach, expect, test, vi } from "vitest";
import { show } from "~/test/render";
import { DeleteButton } from "./delete-button";

afterEach(() => notifications.clean());

test("what is gone is not deleted again while it is still drawn, but after it was brought back", async () => {
  const remove = vi.fn(() => Promise.resolve());
  show(<DeleteButton name="Grace" remove={remove} restore={() => Promise.resolve()} refresh={[]} />);
  const button = screen.getByRole("button", { name: "Delete Grace" });
  const press = async () => {
    await waitFor(() => expect(button).toBeEnabled());
    await userEvent.click(button);
  };
  await press();
  await screen.findByText("Grace is deleted");
  await press();
  expect(remove).toHaveBeenCalledTimes(1);
  await userEvent.click(screen.getByRole("button", { name: "Undo" }));
  await press();
  expect(remove).toHaveBeenCalledTimes(2);
});
