import { RouterProvider, createMemoryHistory, createRootRoute, createRouter } from "@tanstack/react-router";
import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { type ReactNode, Suspense } from "react";
import { beforeEach, expect, test } from "vitest";
import type { Schemas } from "~/api/client";
import { signIn } from "~/api/session";
import { show } from "~/test/render";
import { agent, json, serve, session } from "~/test/server";
import { Analytics } from "./analytics";
import { Today } from "./today";

/** An hour in which so many tickets were opened, and in which the copilot was judged. */
function hour(from: string, ticketsCreated: number) {
  const to = new Date(Date.parse(from) + 3_600_000).toISOString();
  return {
    ...{ from, to, day: from.slice(0, 10), ticketsCreated, ticketsResolved: 0, firstResponses: 0, calls: 0 },
    ...{ answered: 0, escalated: 0, resolvedByAi: 0, callSeconds: 0, telephonyCostUsd: 0, aiCostUsd: 0 },
    ...{
      slaMet: 0,
      slaMissed: 0,
      suggestions: 4,
      suggestionsAccepted: 2,
      suggestionsEdited: 1,
      suggestionsRejected: 0,
    },
    sentiment: { positive: 1, neutral: 0, negative: 0 },
  };
}

const FIGURES = { replies: 1, meanFirstResponseSeconds: 60, meanResolutionSeconds: 600 };
const JUDGED = { suggestionsAccepted: 1, suggestionsEdited: 0, suggestionsRejected: 1 };
const NOT_JUDGED = { suggestionsAccepted: 0, suggestionsEdited: 0, suggestionsRejected: 0 };
const PEOPLE = [
  { ...FIGURES, ...JUDGED, name: "Sam", supportAgent: { id: "agent1" }, user: { id: "user1" }, solved: 4, openNow: 2 },
  { ...FIGURES, ...JUDGED, name: "Ada", supportAgent: null, user: { id: "user2" }, solved: 3, openNow: 0 },
  { ...FIGURES, name: "Bo", ...NOT_JUDGED, supportAgent: { id: "agent3" }, user: null, solved: 0, openNow: 0 },
];

function serveAnalytics(hours: ReturnType<typeof hour>[]) {
  serve({
    "POST /api/auth/login": () => session("t"),
    "POST /api/auth/refresh": () => session("t"),
    "GET /api/lookups": () => json({ statuses: [], priorities: [], channels: [], productAreas: [] }),
    "GET /api/dashboard/metrics": () => json({ timezone: "UTC", items: hours }),
    "GET /api/dashboard/agents": () => json({ items: PEOPLE }),
    "GET /api/dashboard/customers": () => json({ items: [] }),
  });
}

function showAnalytics() {
  const page: ReactNode = (
    <Suspense>
      <Analytics search={{ range: "30" }} onSearch={() => undefined} />
    </Suspense>
  );
  show(inRouter(page));
}

function inRouter(page: ReactNode) {
  const router = createRouter({
    routeTree: createRootRoute({ component: () => page, notFoundComponent: () => null }),
    history: createMemoryHistory({ initialEntries: ["/"] }),
  });
  return <RouterProvider router={router} />;
}

/** The words of an address, as the router reads them. */
function searchOf(link: HTMLElement) {
  const address = new URL((link as HTMLAnchorElement).href);
  return { path: address.pathname, ...Object.fromEntries(address.searchParams) };
}

beforeEach(async () => {
  serveAnalytics([]);
  await signIn(agent.email, "secret");
});

test("an hour of the week leads to its tickets in the map and in the table, in however many weeks they were opened", async () => {
  // Thursday at two in two weeks, Friday at nine in one.
  serveAnalytics([
    hour("2026-11-19T02:00:00.000Z", 1),
    hour("2026-11-26T02:00:00.000Z", 4),
    hour("2026-11-27T09:00:00.000Z", 2),
  ]);
  showAnalytics();
  const map = await screen.findByRole("group", { name: "Tickets opened by weekday and hour" });
  const days = { createdFrom: "2026-11-19T02:00:00.000Z", createdTo: "2026-11-27T10:00:00.000Z" };
  const thursday = { path: "/tickets", weekday: "4", hour: "2", timezone: "UTC", ...days };
  expect(searchOf(await within(map).findByRole("link", { name: "Thu 2:00: 5" }))).toEqual(thursday);
  expect(searchOf(within(map).getByRole("link", { name: "Fri 9:00: 2" }))).toEqual({
    ...thursday,
    weekday: "5",
    hour: "9",
  });
  const card = screen.getByRole("region", { name: "When tickets are opened" });
  await userEvent.click(within(card).getByRole("button", { name: "When tickets are opened: as a table" }));
  const links = within(within(card).getByRole("table")).getAllByRole("link");
  expect(links.map((link) => link.textContent)).toEqual(["5", "2"]);
  expect(searchOf(links[0] as HTMLElement)).toEqual(thursday);
});

/** The links of the only row of a table, by the words of their addresses. */
async function linksOf(title: string) {
  serveAnalytics([hour("2026-11-26T02:00:00.000Z", 4)]);
  showAnalytics();
  const card = await screen.findByRole("region", { name: title });
  await userEvent.click(within(card).getByRole("button", { name: `${title}: as a table` }));
  return within(within(card).getByRole("table")).getAllByRole("link").map(searchOf);
}

test("what became of the copilot's work leads to the tickets in which it did", async () => {
  const span = { copilotFrom: "2026-11-26T02:00:00.000Z", copilotTo: "2026-11-26T03:00:00.000Z" };
  // Of four suggestions one was not judged, and none was rejected.
  expect(await linksOf("What became of the copilot's work")).toEqual([
    { path: "/tickets", copilot: "accepted", ...span },
    { path: "/tickets", copilot: "edited", ...span },
    { path: "/tickets", copilot: "unjudged", ...span },
  ]);
  expect(searchOf(screen.getByRole("link", { name: /^Copilot used/ }))).toEqual({
    path: "/tickets",
    copilot: "accepted,edited",
    ...span,
  });
});

test("a mood leads to its tickets", async () => {
  const span = { createdFrom: "2026-11-26T02:00:00.000Z", createdTo: "2026-11-26T03:00:00.000Z" };
  expect(await linksOf("How content customers are")).toEqual([{ path: "/tickets", sentiment: "positive", ...span }]);
});

test("today's numbers lead to their lists, and none that is nothing", async () => {
  const period = { from: "2026-11-26T00:00:00.000Z", to: "2026-11-26T09:00:00.000Z" };
  const today = { ...hour(period.from, 3), ...period, firstResponses: 2 };
  const none = { ...today, ticketsCreated: 0, firstResponses: 0, suggestions: 0 };
  show(inRouter(<Today overview={{ today, yesterday: none, lastWeek: none } as unknown as Schemas["OverviewRow"]} />));
  expect((await screen.findAllByRole("link")).map(searchOf)).toEqual([
    { path: "/tickets", createdFrom: period.from, createdTo: period.to },
    { path: "/tickets", firstRespondedFrom: period.from, firstRespondedTo: period.to },
    {
      path: "/tickets",
      copilot: "accepted,edited,rejected,unjudged",
      copilotFrom: period.from,
      copilotTo: period.to,
    },
  ]);
});

test("the time to a first reply leads to the tickets that had one", async () => {
  serveAnalytics([hour("2026-11-26T02:00:00.000Z", 4)]);
  showAnalytics();
  expect(searchOf(await screen.findByRole("link", { name: /^First reply after/ }))).toEqual({
    path: "/tickets",
    firstRespondedFrom: "2026-11-26T02:00:00.000Z",
    firstRespondedTo: "2026-11-26T03:00:00.000Z",
  });
});

test("what a person solved leads to their tickets, and to nobody else's", async () => {
  serveAnalytics([hour("2026-11-26T02:00:00.000Z", 4)]);
  showAnalytics();
  const bars = await screen.findByRole("list", { name: "Tickets solved, by who solved them" });
  expect(searchOf(within(bars).getByRole("link", { name: /^Sam/ }))).toEqual({
    path: "/tickets",
    assigneeId: "agent1",
    resolvedFrom: "2026-11-26T02:00:00.000Z",
    resolvedTo: "2026-11-26T03:00:00.000Z",
  });
  expect(within(bars).getByText(/^Ada/)).toBeVisible();
  expect(within(bars).queryByRole("link", { name: /^Ada/ })).toBeNull();
  await userEvent.click(screen.getByRole("button", { name: "People: as a table" }));
  const row = within(screen.getByRole("table", { name: "People" })).getByRole("row", { name: /^Sam/ });
  expect(searchOf(within(row).getByRole("link", { name: "60 s" }))).toEqual({
    path: "/tickets",
    assigneeId: "agent1",
    firstRespondedFrom: "2026-11-26T02:00:00.000Z",
    firstRespondedTo: "2026-11-26T03:00:00.000Z",
  });
  expect(searchOf(within(row).getByRole("link", { name: "2" }))).toEqual({
    path: "/tickets",
    assigneeId: "agent1",
    status: "OPEN,IN_PROGRESS,WAITING_ON_CUSTOMER,ESCALATED",
  });
});

test("what a person wrote and asked the copilot for leads to the tickets in which they did, without a support agent as well", async () => {
  serveAnalytics([hour("2026-11-26T02:00:00.000Z", 4)]);
  showAnalytics();
  await userEvent.click(await screen.findByRole("button", { name: "People: as a table" }));
  const table = within(screen.getByRole("table", { name: "People" }));
  const linksOfPerson = (name: RegExp) => {
    const links = within(table.getByRole("row", { name })).getAllByRole("link").map(searchOf);
    return links.filter((search) => "repliedById" in search || "copilot" in search);
  };
  const written = { repliedFrom: "2026-11-26T02:00:00.000Z", repliedTo: "2026-11-26T03:00:00.000Z" };
  const asked = { copilotFrom: "2026-11-26T02:00:00.000Z", copilotTo: "2026-11-26T03:00:00.000Z" };
  expect(linksOfPerson(/^Sam/)).toEqual([
    { path: "/tickets", repliedById: "agent1", ...written },
    { path: "/tickets", copilot: "accepted,edited", copilotById: "user1", ...asked },
  ]);
  expect(table.getAllByRole("link", { name: "50%" })).toHaveLength(2);
  expect(linksOfPerson(/^Ada/)).toEqual([
    { path: "/tickets", repliedById: "user2", ...written },
    { path: "/tickets", copilot: "accepted,edited", copilotById: "user2", ...asked },
  ]);
  // Nothing was judged.
  expect(linksOfPerson(/^Bo/)).toEqual([{ path: "/tickets", repliedById: "agent3", ...written }]);
});
