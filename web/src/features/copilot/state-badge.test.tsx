import { screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { show } from "~/test/render";
import { StateBadge } from "./state-badge";

test.each([
  ["queued", null, "Queued..."],
  ["running", null, "Processing..."],
  ["success", null, "Complete"],
  ["error", "the model is overloaded", "Error: the model is overloaded"],
  ["error", null, "Error: it failed"],
])("%s is told in words", (state, error, words) => {
  show(<StateBadge state={state} error={error} />);
  expect(screen.getByTestId("copilot-state")).toHaveTextContent(words);
  expect(screen.getByRole("status")).toHaveAttribute("data-state", state);
});
