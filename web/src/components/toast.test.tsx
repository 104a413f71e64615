import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { notifications } from "@mantine/notifications";
import { afterEach, expect, test, vi } from "vitest";
import { Problem } from "~/api/problem";
import { show } from "~/test/render";
import { showDone, undoLast } from "./toast";

afterEach(() => notifications.clean());

test("undo works once, by the button or by the key", async () => {
  show(null);
  const undo = vi.fn();
  showDone("3 tickets closed", undo);
  await userEvent.dblClick(await screen.findByRole("button", { name: "Undo" }));
  expect(undo).toHaveBeenCalledTimes(1);
  expect(undoLast()).toBe(false);
  showDone("2 tickets closed", undo);
  expect(undoLast()).toBe(true);
  expect(undoLast()).toBe(false);
  expect(undo).toHaveBeenCalledTimes(2);
});

test("an undo that fails is told with the request id", async () => {
  show(null);
  const refused = new Problem("It was changed since.", { status: 409, code: "stale_version", requestId: "r-7" });
  showDone("Closed", () => Promise.reject(refused));
  await userEvent.click(await screen.findByRole("button", { name: "Undo" }));
  await waitFor(() => expect(screen.getByText("This was not undone")).toBeVisible());
  expect(screen.getByText("Request r-7")).toBeVisible();
});
