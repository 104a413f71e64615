import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { Suspense } from "react";
import { beforeEach, expect, test } from "vitest";
import type { TicketDetail, TicketLine } from "~/api/client";
import { ticketQuery } from "~/api/queries";
import { signIn } from "~/api/session";
import { show } from "~/test/render";
import { agent, json, problem, serve, session } from "~/test/server";
import { type Action, foresee, undoOf, useChange, useFieldChange } from "./change";
import { ticketList } from "./use-ticket-list";

const NOW = "2026-11-24T12:00:00Z";

function line(id: string, part: Partial<TicketLine> = {}): TicketLine {
  const base = {
    id,
    label: `TKT-${id}`,
    status: "OPEN",
    priority: "MEDIUM",
    tags: ["vpn"],
    version: 1,
    updatedAt: NOW,
  };
  return { ...base, assignee: null, resolvedAt: null, closedAt: null, ...part } as TicketLine;
}

test.each<[Action, Partial<TicketLine>]>([
  [
    { type: "status", value: "RESOLVED" },
    { status: "RESOLVED", resolvedAt: NOW, closedAt: null },
  ],
  [
    { type: "status", value: "CLOSED" },
    { status: "CLOSED", closedAt: NOW },
  ],
  [{ type: "priority", value: "HIGH" }, { priority: "HIGH" }],
  [{ type: "tag", value: { add: ["wifi"] } }, { tags: ["vpn", "wifi"] }],
  [{ type: "tag", value: { remove: ["vpn"] } }, { tags: [] }],
  [{ type: "assign", value: null }, { assignee: null }],
])("%j is foreseen", (action, expected) => {
  expect(foresee(line("1"), action, null, NOW)).toMatchObject(expected);
});

test("what takes changes back is put together where it is the same", () => {
  const undo = (value: string) => ({ type: "status", value });
  const outcomes = [
    { id: "1", ok: true, undo: undo("OPEN") },
    { id: "2", ok: false, undo: null },
    { id: "3", ok: true, undo: undo("ESCALATED") },
    { id: "4", ok: true, undo: undo("OPEN") },
  ];
  expect(undoOf(outcomes)).toEqual([
    { ids: ["1", "4"], action: undo("OPEN") },
    { ids: ["3"], action: undo("ESCALATED") },
  ]);
});

const LOOKUPS = {
  statuses: [
    { key: "OPEN", label: "Open", isOpen: true, sort: 0 },
    { key: "CLOSED", label: "Closed", isOpen: false, sort: 1 },
  ],
  priorities: [{ key: "HIGH", label: "High", sort: 0 }],
};

const around = {
  "GET /api/lookups": () => json(LOOKUPS),
  "GET /api/support-agents": () => json({ items: [] }),
};

function Closer({ targets }: { targets: TicketLine[] }) {
  const change = useChange();
  return <button onClick={() => void change(targets, { type: "status", value: "CLOSED" })}>Close them</button>;
}

/** Shows a button that closes tickets, over a list that has them. */
async function showCloser(targets: TicketLine[]) {
  const { queries } = show(
    <Suspense>
      <Closer targets={targets} />
    </Suspense>,
  );
  const page = { items: targets, limit: 50, offset: 0, hasMore: false, nextCursor: null, total: null };
  queries.setQueryData(ticketList.query({}).queryKey, { pages: [page], pageParams: [undefined] });
  const statuses = () =>
    queries.getQueryData(ticketList.query({}).queryKey)?.pages[0]?.items.map(({ status }) => status);
  await userEvent.click(await screen.findByRole("button", { name: "Close them" }));
  return statuses;
}

beforeEach(async () => {
  serve({ "POST /api/auth/login": () => session("token-1") });
  await signIn(agent.email, "secret");
});

test("many tickets go in parts of a hundred, are shown as done at once, and come back with undo", async () => {
  const targets = Array.from({ length: 150 }, (_, index) => line(String(index)));
  let open: () => void = () => undefined;
  const gate = new Promise<void>((done) => (open = done));
  const calls = serve({
    ...around,
    "POST /api/tickets/bulk": async ({ body }) => {
      await gate;
      const { ids, action } = body as { ids: string[]; action: { value: string } };
      const undo = action.value === "CLOSED" ? { type: "status", value: "OPEN" } : { type: "status", value: "CLOSED" };
      return json({ results: ids.map((id) => ({ id, ok: true, undo })) });
    },
  });
  const statuses = await showCloser(targets);
  expect(new Set(statuses())).toEqual(new Set(["CLOSED"]));
  open();
  expect(await screen.findByText("150 tickets: Closed")).toBeInTheDocument();
  await userEvent.click(screen.getByRole("button", { name: "Undo" }));
  await waitFor(() => expect(calls.filter(({ path }) => path === "/api/tickets/bulk")).toHaveLength(4));
  const sent = calls.filter(({ path }) => path === "/api/tickets/bulk").map(({ body }) => body as { ids: string[] });
  expect(sent.map(({ ids }) => ids.length)).toEqual([100, 50, 100, 50]);
  await waitFor(() => expect(new Set(statuses())).toEqual(new Set(["OPEN"])));
});

test("a ticket that the server refuses is put back, and the reason is told", async () => {
  const refusal = { id: "2", ok: false, code: "invalid_transition", detail: "it was merged away", undo: null };
  const done = { id: "1", ok: true, undo: { type: "status", value: "OPEN" } };
  serve({ ...around, "POST /api/tickets/bulk": () => json({ results: [done, refusal] }) });
  const statuses = await showCloser([line("1"), line("2")]);
  expect(await screen.findByText("it was merged away")).toBeInTheDocument();
  expect(screen.getByText("The status of TKT-2 was not changed")).toBeInTheDocument();
  expect(statuses()).toEqual(["CLOSED", "OPEN"]);
});

test("when the server does not answer, everything is put back", async () => {
  serve({ ...around, "POST /api/tickets/bulk": () => problem(503, "unavailable") });
  const statuses = await showCloser([line("1"), line("2")]);
  expect(await screen.findByText("The status of 2 tickets was not changed")).toBeInTheDocument();
  expect(statuses()).toEqual(["OPEN", "OPEN"]);
});

function Tagger({ ticket }: { ticket: TicketDetail }) {
  const change = useFieldChange(ticket);
  const tag = (tags: string[]) => void change("The tags were not changed", { tags }, { tags });
  return (
    <button
      onClick={() => {
        tag(["one"]);
        tag(["one", "two"]);
      }}
    >
      Tag twice
    </button>
  );
}

test("two changes right after each other go one by one, each with the newest version", async () => {
  const ticket = { ...line("1"), messages: [], attachments: [] } as unknown as TicketDetail;
  let version = 1;
  const calls = serve({
    "PATCH /api/tickets/1": ({ body }) => {
      version += 1;
      return json({ ...ticket, ...(body as object), version });
    },
  });
  const { queries } = show(<Tagger ticket={ticket} />);
  queries.setQueryData(ticketQuery("TKT-1").queryKey, ticket);
  await userEvent.click(screen.getByRole("button", { name: "Tag twice" }));
  await waitFor(() => expect(calls).toHaveLength(2));
  expect(calls.map(({ body }) => body)).toEqual([
    { tags: ["one"], version: 1 },
    { tags: ["one", "two"], version: 2 },
  ]);
});

test("a change of something that somebody else changed is explained and taken back", async () => {
  const ticket = { ...line("1"), messages: [], attachments: [] } as unknown as TicketDetail;
  serve({ "PATCH /api/tickets/1": () => problem(409, "stale_version") });
  const { queries } = show(<Tagger ticket={ticket} />);
  queries.setQueryData(ticketQuery("TKT-1").queryKey, ticket);
  await userEvent.click(screen.getByRole("button", { name: "Tag twice" }));
  expect((await screen.findAllByText(/Somebody changed the ticket meanwhile/)).length).toBeGreaterThan(0);
});
