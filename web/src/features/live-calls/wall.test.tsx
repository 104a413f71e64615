import { RouterProvider, createMemoryHistory, createRootRoute, createRouter } from "@tanstack/react-router";
import { act, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { type ReactNode, useState } from "react";
import { beforeEach, expect, test, vi } from "vitest";
import { signIn } from "~/api/session";
import { show } from "~/test/render";
import { agent, json, problem, serve, session } from "~/test/server";
import { CallNow } from "./call-now";
import type { Turn } from "~/components/transcript-lines";
import type { CallDetail, LiveCall } from "./looks";
import { LiveWall } from "./wall";

/** An event socket whose other end is the test. */
class Events {
  static OPEN = 1;
  static last: Events;
  readyState = 1;
  sent: string[] = [];
  onopen: () => void = () => undefined;
  onmessage: (event: { data: string }) => void = () => undefined;
  constructor() {
    Events.last = this;
    queueMicrotask(() => {
      this.onopen();
      this.tell({ type: "subscribed", topics: ["calls"] });
    });
  }
  send(text: string) {
    this.sent.push(text);
  }
  close() {
    this.readyState = 3;
  }
  tell(frame: object) {
    this.onmessage({ data: JSON.stringify(frame) });
  }
}

function turn(seq: number, speaker: string, text: string): Turn {
  const base = { agent: speaker === "AGENT" ? "triage_agent" : null, startedMs: 0, endedMs: 0, responseMs: null };
  return {
    id: `t${String(seq)}`,
    seq,
    speaker,
    text,
    ...base,
    sentimentScore: null,
    interrupted: false,
    createdAt: "",
  };
}

function row(part: Partial<LiveCall>): LiveCall {
  const base = {
    id: "c1",
    provider: "TWILIO",
    status: "IN_PROGRESS",
    currentAgent: "triage_agent",
    sentiment: "neutral",
  };
  const more = { verification: "VERIFIED", startedAt: "2026-11-24T12:00:00Z", endedAt: null, turnCount: 0, turns: [] };
  const who = {
    organization: null,
    contact: null,
    device: null,
    callerPhone: "+12025550143",
    fromNumber: "",
    ticket: null,
  };
  return { ...base, ...more, ...who, ...part } as unknown as LiveCall;
}

const ARBOR = row({
  id: "c1",
  organization: { id: "o1", name: "Arbor Legal" },
  turns: [turn(1, "AGENT", "Good day.")],
  turnCount: 1,
});
const BIRCH = row({ id: "c2", organization: { id: "o2", name: "Birch & Co" }, sentiment: "negative" });

function detail(part: Partial<CallDetail> = {}): CallDetail {
  return {
    ...ARBOR,
    interactions: [],
    usage: [],
    carrierCharges: [],
    analysis: null,
    summary: null,
    ...part,
  } as CallDetail;
}

function at(ui: ReactNode) {
  const routeTree = createRootRoute({ component: () => ui });
  const router = createRouter({ routeTree, history: createMemoryHistory() });
  show(<RouterProvider router={router as never} />);
}

function Wall() {
  const [watched, setWatched] = useState<string | null>(null);
  return <LiveWall watched={watched} onWatch={setWatched} />;
}

const ready = {
  "POST /api/auth/login": () => session("token-1"),
  "GET /api/calls/live": () => json({ items: [ARBOR, BIRCH] }),
  "GET /api/calls/c1": () => json(detail()),
};

async function enter(answers: Parameters<typeof serve>[0] = {}) {
  const calls = serve({ ...ready, ...answers });
  await signIn(agent.email, "secret");
  return calls;
}

const card = async (name: string) =>
  (await screen.findByRole("button", { name: `Watch the call of ${name}` })).closest("li") as HTMLElement;

beforeEach(() => vi.stubGlobal("WebSocket", Events));

test("unhappy callers come first, and words run in their own card until their turn is there", async () => {
  let items = [ARBOR, BIRCH];
  await enter({ "GET /api/calls/live": () => json({ items }) });
  at(<Wall />);
  const arbor = await card("Arbor Legal");
  const names = screen.getAllByRole("heading", { level: 2 }).map(({ textContent }) => textContent);
  expect(names).toEqual(["Birch & Co", "Arbor Legal"]);
  expect(Events.last.sent).toEqual(['{"subscribe":["calls"]}']);

  const data = { callId: "c1", speaker: "CALLER", agent: null };
  act(() => Events.last.tell({ type: "call.partial", data: { ...data, text: "My printer" } }));
  expect(await within(arbor).findByText("My printer")).toBeVisible();
  expect(within(await card("Birch & Co")).queryByText("My printer")).not.toBeInTheDocument();

  items = [{ ...ARBOR, turns: [...ARBOR.turns, turn(2, "CALLER", "My printer is jammed.")], turnCount: 2 }, BIRCH];
  act(() => Events.last.tell({ id: "e1", type: "call.turn", data: { ...data, seq: 2 } }));
  expect(await within(arbor).findByText("My printer is jammed.", {}, { timeout: 3_000 })).toBeVisible();
  expect(within(arbor).queryByText("My printer")).not.toBeInTheDocument();
});

test("nobody calls, and the server that does not answer", async () => {
  let works = true;
  await enter({ "GET /api/calls/live": () => (works ? json({ items: [] }) : problem(503, "unavailable")) });
  at(<Wall />);
  expect(await screen.findByText("Nobody is calling right now")).toBeVisible();
  works = false;
  act(() => Events.last.tell({ id: "e1", type: "call.ended", data: { callId: "c9" } }));
  expect(await screen.findByText("refused: unavailable", {}, { timeout: 5_000 })).toBeVisible();
});

test("an agent whispers, and is asked before hanging up; a refusal is said", async () => {
  const calls = await enter({
    "POST /api/calls/c1/whisper": () => json(ARBOR),
    "POST /api/calls/c1/hangup": () => problem(409, "call_ended"),
  });
  at(<Wall />);
  await userEvent.click(await screen.findByRole("button", { name: "Watch the call of Arbor Legal" }));
  const panel = await screen.findByRole("complementary", { name: "Call of Arbor Legal" });
  await userEvent.type(within(panel).getByLabelText("Whisper to the agent"), "Offer a new toner{Enter}");
  expect(await screen.findByText("Whispered: the agent hears it within moments")).toBeVisible();
  const whispers = calls.filter(({ path }) => path.endsWith("/whisper"));
  expect(whispers.map(({ body }) => body)).toEqual([{ text: "Offer a new toner" }]);
  expect(within(panel).getByLabelText("Whisper to the agent")).toHaveValue("");

  await userEvent.click(within(panel).getByRole("button", { name: "Hang up" }));
  expect(calls.some(({ path }) => path.endsWith("/hangup"))).toBe(false);
  const dialog = await screen.findByRole("dialog", { name: "Hang up?" });
  await userEvent.click(within(dialog).getByRole("button", { name: "Hang up" }));
  expect(await screen.findByText("The call was not ended")).toBeVisible();
  expect(screen.getByText("refused: call_ended")).toBeVisible();
});

test("taking over: to a number, warm or cold; what is wrong with the number stands at its field", async () => {
  const wrong = { errors: [{ field: "to", message: "this number must not be dialled from here" }] };
  let allowed = false;
  const calls = await enter({
    "POST /api/calls/c1/transfer": () => (allowed ? json(ARBOR) : problem(422, "invalid", wrong)),
  });
  at(<Wall />);
  await userEvent.click(await screen.findByRole("button", { name: "Watch the call of Arbor Legal" }));
  await userEvent.click(await screen.findByRole("button", { name: "Take over" }));
  const dialog = await screen.findByRole("dialog", { name: "Take over the call of Arbor Legal" });
  expect(within(dialog).getByText(/You have no telephone number here/)).toBeVisible();
  expect(within(dialog).getByRole("button", { name: "Put through" })).toBeDisabled();
  await userEvent.type(within(dialog).getByLabelText("Number"), "+41 44 668 18 00");
  await userEvent.click(within(dialog).getByRole("radio", { name: "Cold" }));
  await userEvent.click(within(dialog).getByRole("button", { name: "Put through" }));
  expect(await within(dialog).findByText(wrong.errors[0]?.message ?? "")).toBeVisible();
  allowed = true;
  await userEvent.click(within(dialog).getByRole("button", { name: "Put through" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).not.toBeInTheDocument());
  const bodies = calls.filter(({ path }) => path.endsWith("/transfer")).map(({ body }) => body);
  expect(bodies).toEqual(Array.from({ length: 2 }, () => ({ to: "+41 44 668 18 00", mode: "cold" })));
});

test("a viewer watches, and can do nothing", async () => {
  const viewer = { ...agent, role: "VIEWER" };
  await enter({ "POST /api/auth/login": () => json({ accessToken: "t", expiresIn: 900, user: viewer }) });
  at(<Wall />);
  await userEvent.click(await screen.findByRole("button", { name: "Watch the call of Arbor Legal" }));
  expect(await screen.findByText(/You may watch/)).toBeVisible();
  for (const name of ["Whisper", "Take over", "Hang up"]) {
    expect(screen.queryByRole("button", { name })).not.toBeInTheDocument();
  }
});

test("a call that is over says what became of it and leads on", async () => {
  const ticket = { id: "k1", number: 42, label: "TKT-0042", subject: "Paper jam" };
  const over = { endedAt: "2026-11-24T12:01:05Z", durationSeconds: 65, aiResolution: "TICKETED", ticket };
  await enter({ "GET /api/calls/c1": () => json(detail(over)) });
  at(<Wall />);
  await userEvent.click(await screen.findByRole("button", { name: "Watch the call of Arbor Legal" }));
  const outcome = await screen.findByRole("region", { name: "What became of it" });
  expect(outcome).toHaveTextContent("It took 1:05Ticket filed");
  expect(within(outcome).getByRole("link", { name: "Ticket TKT-0042" })).toHaveAttribute("href", "/tickets/TKT-0042");
  expect(within(outcome).getByRole("link", { name: "Page of the call" })).toHaveAttribute("href", "/calls/c1");
});

test("without a model that speaks the microphone is not offered, and the way to it is told", async () => {
  await enter({ "GET /api/contacts": () => json({ items: [] }) });
  at(<CallNow />);
  await userEvent.click(await screen.findByRole("radio", { name: "By microphone" }));
  expect(screen.getByText("No model that speaks is set up")).toBeVisible();
  expect(screen.getByText(/OPENAI_REALTIME_URL/)).toBeVisible();
  expect(screen.getByRole("button", { name: "Call" })).toBeDisabled();
});

test("a call that does not fit any more is refused where it was asked for", async () => {
  await enter({
    "GET /api/contacts": () => json({ items: [] }),
    "POST /api/calls": () => problem(503, "unavailable"),
  });
  at(<CallNow />);
  await userEvent.click(await screen.findByRole("button", { name: "Call" }));
  expect(await screen.findByText("refused: unavailable")).toBeVisible();
  expect(screen.getByRole("button", { name: "Call" })).toBeEnabled();
});
