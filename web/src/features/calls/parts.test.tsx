import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test, vi } from "vitest";
import type { Turn } from "~/components/transcript-lines";
import { signIn } from "~/api/session";
import { show } from "~/test/render";
import { problem, serve, session } from "~/test/server";
import { Costs } from "./costs";
import { Downloads } from "./downloads";
import { Mood } from "./mood";
import { TimeLine } from "./time-line";
import type { CallDetail } from "./use-call-list";

const CALL = {
  id: "call1",
  startedAt: "2026-11-24T09:05:00.000Z",
  isErased: false,
  hasRecording: false,
  modelCostUsd: 0.0004,
  telephonyCostUsd: 0.017,
  usage: [
    {
      provider: "openai",
      model: "gpt-4o-mini",
      purpose: "conversation",
      inputTokens: 1_200,
      cachedInputTokens: 0,
      outputTokens: 80,
      audioInputTokens: 0,
      audioOutputTokens: 0,
      costUsd: 0.0004,
      latencyMs: 300,
      error: null,
      createdAt: "2026-11-24T09:05:10.000Z",
    },
  ],
  carrierCharges: [{ kind: "inbound", quantity: 2, unit: "minutes", priceUsd: 0.017, isEstimate: true }],
} as unknown as CallDetail;

test("cost by model and by carrier adds up, and an estimate says that it is one", () => {
  show(<Costs call={CALL} />);
  const table = screen.getByRole("table", { name: "Cost by model" });
  expect(within(table).getByRole("row", { name: /gpt-4o-mini/ })).toHaveTextContent("1,20080$0.0004");
  expect(within(table).getByRole("row", { name: /Inbound/ })).toHaveTextContent("2 minutes of the carrier · estimate");
  expect(within(table).getByRole("row", { name: /Together/ })).toHaveTextContent("$0.0174");
});

test("the mood has its numbers behind it", async () => {
  const moods = [
    { seq: 2, at: 4_000, mood: -0.6, text: "It is broken again." },
    { seq: 6, at: 30_000, mood: 0.6, text: "Thank you." },
  ];
  const { rerender } = show(<Mood moods={moods} length={60_000} />);
  expect(screen.getByRole("img", { name: "Mood over the call, lowest -0.6 at 0:04" })).toBeVisible();
  await userEvent.click(screen.getByText("Numbers"));
  const rows = within(screen.getByRole("table", { name: "Mood over time" })).getAllByRole("row");
  expect(rows.map((row) => row.textContent)).toEqual([
    "AtMood, -1 to 1Words",
    "0:04-0.6It is broken again.",
    "0:300.6Thank you.",
  ]);
  rerender(<Mood moods={[]} length={1} />);
  expect(screen.getByText("The caller said nothing that could tell.")).toBeVisible();
});

test("the time line leads to the turn where an agent begins, and marks where the caller cut in", async () => {
  const asked: number[] = [];
  const turn = (seq: number, startedMs: number, interrupted = false) =>
    ({ id: String(seq), seq, startedMs, endedMs: startedMs + 900, interrupted }) as Turn;
  const stay = { id: "s", agent: "triage_agent", fromMs: 0, toMs: 12_000, turns: 2, tools: 0 };
  show(
    <TimeLine
      stays={[stay, { ...stay, id: "t", agent: "printer_agent", fromMs: 12_000, toMs: 30_000 }]}
      turns={[turn(1, 0), turn(2, 13_000, true)]}
      length={30_000}
      onTurn={(seq) => asked.push(seq)}
    />,
  );
  await userEvent.click(screen.getByRole("button", { name: "Printer, 0:12 to 0:30, 2 turns" }));
  expect(asked).toEqual([2]);
  expect(screen.getByText("Cut short at 0:13")).toBeInTheDocument();
});

beforeEach(async () => {
  serve({ "POST /api/auth/login": () => session("t1") });
  await signIn("agent@demo.test", "x");
});

test("a transcript that cannot be loaded is told, and nothing is saved", async () => {
  const saved = vi.fn();
  vi.stubGlobal("URL", Object.assign(URL, { createObjectURL: saved, revokeObjectURL: () => undefined }));
  const calls = serve({
    "POST /api/auth/login": () => session("t1"),
    "GET /api/calls/call1/transcript": () => problem(503, "overloaded"),
  });
  show(<Downloads call={CALL} />);
  await userEvent.click(screen.getByRole("button", { name: "Save" }));
  expect(screen.queryByText("Recording")).toBeNull();
  await userEvent.click(await screen.findByText("JSON"));
  expect(await screen.findByText("The file was not saved")).toBeVisible();
  expect(saved).not.toHaveBeenCalled();
  expect(calls.filter(({ path }) => path.endsWith("/transcript"))).toHaveLength(1);
});
