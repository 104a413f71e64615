import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { Suspense } from "react";
import { beforeEach, expect, test, vi } from "vitest";
import type { Suggestion } from "~/api/client";
import { signIn } from "~/api/session";
import { show } from "~/test/render";
import { agent, json, problem, serve, session } from "~/test/server";
import { CopilotPanel } from "./panel";

const RUNS = "GET /api/tickets/ticket1/suggestions";
const ANALYZE = "POST /api/copilot/v1/analyze";

const ready = {
  "GET /api/lookups": () => json({ tones: [{ key: "professional", label: "Professional", sort: 0 }] }),
  "GET /api/copilot/v1/health": () => json({ ok: true, data: { provider: "builtin", reachable: true } }),
  "GET /api/copilot/v1/conversation/ticket1": () => json({ ok: true, data: { messages: [] } }),
  [RUNS]: () => json({ items: [] }),
};

function run(part: Partial<Suggestion> | { content: unknown }): Suggestion {
  const at = "2026-11-24T12:00:00Z";
  const base = { id: "run1", ticketId: "ticket1", kind: "analysis", state: "queued", createdAt: at, updatedAt: at };
  const empty = { content: null, error: null, code: null, model: "builtin", feedback: null, requestedBy: null };
  const cost = { promptTokens: 0, completionTokens: 0, costUsd: 0, startedAt: at, finishedAt: at };
  return { ...base, ...empty, ...cost, ...part } as Suggestion;
}

function showPanel(onInsert = vi.fn()) {
  show(
    <Suspense>
      <CopilotPanel ticketId="ticket1" sources={new Map()} onInsert={onInsert} />
    </Suspense>,
  );
}

beforeEach(async () => {
  serve({ "POST /api/auth/login": () => session("token-1") });
  await signIn(agent.email, "secret");
});

test("an analysis goes from queued to complete, asked for each second while the socket is down", async () => {
  const content = { summary: "The VPN drops.", sentiment: "negative", category: "network", urgency: "critical" };
  const states = [run({ state: "running" }), run({ state: "success", content })];
  const taken: Suggestion[] = [];
  serve({
    ...ready,
    [RUNS]: () => json({ items: taken }),
    [ANALYZE]: () => {
      taken.push(run({}));
      return json({ ok: true, data: { suggestionId: "run1", state: "queued" } }, 202);
    },
    "GET /api/copilot/v1/status/run1": () => json({ ok: true, data: states.shift() }),
  });
  showPanel();
  await userEvent.dblClick(await screen.findByTestId("analyze-button"));
  expect(await screen.findByText("Queued...")).toBeInTheDocument();
  expect(await screen.findByText("Processing...", {}, { timeout: 2_000 })).toBeInTheDocument();
  expect(await screen.findByText("Complete", {}, { timeout: 2_000 })).toBeInTheDocument();
  expect(screen.getByTestId("analysis-summary")).toHaveTextContent("The VPN drops.");
  expect(taken).toHaveLength(1);
});

test("a refused request shows why, without a badge", async () => {
  serve({ ...ready, [ANALYZE]: () => problem(409, "budget_spent", { error: "today's budget is spent" }) });
  showPanel();
  await userEvent.click(await screen.findByTestId("analyze-button"));
  expect(await screen.findByTestId("copilot-error")).toHaveTextContent("refused: budget_spent");
  expect(screen.queryByTestId("copilot-state")).not.toBeInTheDocument();
});

test("a model that cannot be reached is told, and nothing can be asked", async () => {
  const health = { provider: "openai", reachable: false, reason: "the key is wrong" };
  serve({ ...ready, "GET /api/copilot/v1/health": () => json({ ok: true, data: health }) });
  showPanel();
  expect(await screen.findByText("Copilot is unavailable")).toBeInTheDocument();
  expect(screen.getByText("the key is wrong")).toBeInTheDocument();
  expect(screen.getByTestId("analyze-button")).toBeDisabled();
  // What is typed in the meantime is not lost.
  const question = screen.getByLabelText("Question to the copilot");
  await userEvent.type(question, "Has this been seen before?");
  expect(question).toHaveValue("Has this been seen before?");
  expect(screen.getByRole("button", { name: "Ask" })).toBeDisabled();
});

test("a draft is edited before it is inserted", async () => {
  const draft = run({ kind: "draft_reply", state: "success", content: { reply: "Hello Mara", tone: "friendly" } });
  serve({ ...ready, [RUNS]: () => json({ items: [draft] }) });
  const onInsert = vi.fn();
  showPanel(onInsert);
  await userEvent.type(await screen.findByLabelText("Draft of a reply"), ", hold on");
  await userEvent.click(screen.getByTestId("insert-button"));
  expect(onInsert).toHaveBeenCalledWith("Hello Mara, hold on", "run1");
});

test("what a model made up is shown as text, and a result of another shape not at all", async () => {
  const summary = `<img src=x onerror="alert(1)">`;
  const good = run({ state: "success", content: { summary, sentiment: "neutral", category: "email" } });
  const odd = run({ id: "run2", kind: "next_steps", state: "success", content: { steps: "none" } });
  serve({ ...ready, [RUNS]: () => json({ items: [odd, good] }) });
  showPanel();
  expect(await screen.findByTestId("analysis-summary")).toHaveTextContent(summary);
  expect(screen.queryByRole("heading", { name: "Next steps" })).not.toBeInTheDocument();
});
