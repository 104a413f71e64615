import { act, render, screen } from "@testing-library/react";
import { MantineProvider } from "@mantine/core";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { StateBadge } from "./state-badge";

function badge(run: string, state: string, error: string | null = null) {
  return (
    <MantineProvider env="test">
      <StateBadge run={run} state={state} error={error} />
    </MantineProvider>
  );
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const text = () => screen.queryByTestId("copilot-state")?.textContent ?? null;
const wait = (ms: number) => act(() => vi.advanceTimersByTime(ms));

test.each([
  ["queued", null, "Queued..."],
  ["running", null, "Processing..."],
  ["success", null, "Complete"],
  ["error", "the model is away", "Error: the model is away"],
  ["error", null, "Error: it failed"],
])("%s is told in words", (state, error, words) => {
  render(badge("run1", state, error));
  expect(text()).toBe(words);
});

test("a run that is over at once still passes through its states", () => {
  const { rerender } = render(badge("", ""));
  expect(text()).toBeNull();
  rerender(badge("run1", "success"));
  expect(text()).toBe("Queued...");
  wait(500);
  expect(text()).toBe("Processing...");
  wait(499);
  expect(text()).toBe("Processing...");
  wait(1);
  expect(text()).toBe("Complete");
});

test("another run begins anew, and one that is tried again goes back", () => {
  const { rerender } = render(badge("run1", "success"));
  rerender(badge("run2", "running"));
  expect(text()).toBe("Queued...");
  wait(500);
  expect(text()).toBe("Processing...");
  rerender(badge("run2", "queued"));
  expect(text()).toBe("Queued...");
});
