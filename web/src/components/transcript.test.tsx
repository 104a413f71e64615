import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import { show } from "~/test/render";
import { Transcript } from "./transcript";
import { type Interaction, type Turn, linesOf } from "./transcript-lines";

const ANSWERED = "2026-11-24T09:00:00.000Z";

function turn(seq: number, speaker: string, text: string, part: Partial<Turn> = {}): Turn {
  const none = { agent: null, responseMs: null, sentimentScore: null, interrupted: false };
  const at = { startedMs: seq * 1_000, endedMs: seq * 1_000 + 800, createdAt: ANSWERED };
  return { id: `t${String(seq)}`, seq, speaker, text, ...none, ...at, ...part };
}

function stay(seq: number, agent: string, seconds: number, part: Partial<Interaction> = {}): Interaction {
  const enteredAt = new Date(Date.parse(ANSWERED) + seconds * 1_000).toISOString();
  const none = { leftAt: null, handoffFrom: null, handoffReason: null, turns: 0, toolCalls: [], outcome: null };
  return { id: `s${String(seq)}`, seq, agent, enteredAt, ...none, ...part };
}

type Runs = Interaction["toolCalls"];

const run = (name: string, more = {}) => ({
  agent: "printer_agent",
  name,
  arguments: {},
  outcome: "ok",
  ms: 12,
  ...more,
});

const CALL = {
  turns: [
    turn(1, "AGENT", "Service desk, hello.", { agent: "triage_agent" }),
    turn(2, "CALLER", "My printer is jammed."),
    turn(3, "TOOL", 'search_knowledge: {"articles":[]}'),
    turn(4, "AGENT", "Please open the rear", { agent: "printer_agent", interrupted: true, responseMs: 2_400 }),
    turn(5, "TOOL", 'create_ticket: {"ticket":{"number":"TKT-0042"'),
  ],
  interactions: [
    stay(1, "triage_agent", 0),
    stay(2, "printer_agent", 2.9, {
      handoffFrom: "triage_agent",
      handoffReason: "It is a printer.",
      toolCalls: [
        run("search_knowledge", { arguments: { query: "jam" } }),
        run("create_ticket"),
        run("end_call"),
      ] as unknown as Runs,
    }),
  ],
};

test("hand-offs stand where they happened, and each run of a tool with its own answer", () => {
  const lines = linesOf(CALL.turns, CALL.interactions, ANSWERED);
  const told = lines.map((line) =>
    line.kind === "agent"
      ? line.stay.agent
      : line.kind === "tool"
        ? `${line.run?.name ?? "?"}/${String(line.turn?.seq)}`
        : line.turn.seq,
  );
  expect(told).toEqual([
    "triage_agent",
    1,
    2,
    "printer_agent",
    "search_knowledge/3",
    4,
    "create_ticket/5",
    "end_call/undefined",
  ]);
  expect(new Set(lines.map(({ key }) => key)).size).toBe(lines.length);
});

test("a run without an answer is told before the agent is left, and what is no run is left out", () => {
  const stays = [
    stay(1, "triage_agent", 0, { toolCalls: [run("identify_organization"), 7] as unknown as Runs }),
    stay(2, "printer_agent", 2),
  ];
  const kinds = linesOf(CALL.turns.slice(0, 2), stays, ANSWERED).map(({ kind, key }) => `${kind} ${key}`);
  expect(kinds).toEqual(["agent s1", "turn t1", "tool s1:0", "agent s2", "turn t2"]);
});

test("a call that nobody answered has no lines", () => {
  expect(linesOf([], [], null)).toEqual([]);
});

test("a conversation: who, when, cut short, slow, and the tools folded", async () => {
  const user = userEvent.setup();
  const asked: number[] = [];
  show(
    <Transcript
      {...CALL}
      answeredAt={ANSWERED}
      words="printer"
      current={2}
      running={{ speaker: "CALLER", agent: null, text: "It still" }}
      onTurn={(seq) => asked.push(seq)}
      about={({ name }) => (name === "create_ticket" ? <a href="/tickets/TKT-0042">TKT-0042</a> : null)}
    />,
  );
  const items = screen.getAllByRole("listitem").filter((item) => item.parentElement?.tagName === "OL");
  expect(items).toHaveLength(9);
  const cut = screen.getByText("cut short by the caller").closest("li");
  expect(cut).toHaveTextContent("Please open the rear —");
  expect(within(cut as HTMLElement).getByText("answered after 2.4 s")).toHaveAttribute("data-slow");
  expect(screen.getByText("It is a printer.")).toBeVisible();
  expect(screen.getByText("printer", { selector: "mark" })).toBeVisible();
  expect(screen.getByText("My", { exact: false }).closest("li")).toHaveAttribute("aria-current");
  expect(screen.getByText("It still")).toBeVisible();
  expect(screen.getByRole("link", { name: "TKT-0042" })).toBeVisible();
  // What was cut off for its length is shown as it is.
  await user.click(screen.getByText("Create ticket"));
  expect(screen.getByText('{"ticket":{"number":"TKT-0042"')).toBeVisible();
  await user.click(screen.getByRole("button", { name: "Link to 0:02" }));
  expect(asked).toEqual([2]);
});

test("turns that are there are not drawn again for the words that run below them", () => {
  let drawn = 0;
  const turns = CALL.turns.slice(0, 2).map((one) => ({
    ...one,
    get text() {
      drawn += 1;
      return one.text;
    },
  }));
  const at = (text: string) => (
    <Transcript
      turns={turns}
      interactions={[]}
      answeredAt={ANSWERED}
      running={{ speaker: "AGENT", agent: null, text }}
    />
  );
  const { rerender } = show(at("Which"));
  const before = drawn;
  expect(before).toBeGreaterThan(0);
  rerender(at("Which printer"));
  expect(screen.getByText("Which printer")).toBeVisible();
  expect(drawn).toBe(before);
});
