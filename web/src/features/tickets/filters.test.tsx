import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { Suspense } from "react";
import { beforeEach, expect, test, vi } from "vitest";
import { signIn } from "~/api/session";
import { show } from "~/test/render";
import { agent, json, serve, session } from "~/test/server";
import { Filters } from "./filters";
import type { TicketSearch } from "./search";

beforeEach(async () => {
  serve({
    "POST /api/auth/login": () => session("t"),
    "POST /api/auth/refresh": () => session("t"),
    "GET /api/lookups": () => json({ statuses: [], priorities: [], channels: [], productAreas: [] }),
    "GET /api/support-agents": () => json({ items: [{ id: "agent1", name: "Sam", userId: "user1" }] }),
    "GET /api/dashboard/agents": () => json({ items: [{ name: "Ada", supportAgent: null, user: { id: "user2" } }] }),
    "GET /api/saved-views": () => json({ items: [] }),
  });
  await signIn(agent.email, "secret");
});

/** Shows the filters of an address; gives what it changes to. */
function showFilters(search: TicketSearch) {
  const onChange = vi.fn();
  show(
    <Suspense>
      <Filters search={search} onChange={onChange} inputRef={null} loaded={[]} />
    </Suspense>,
  );
  return onChange;
}

const DAYS = { createdFrom: "2026-11-01", createdTo: "2026-11-24" };

test("a cell of the heat map is a token, which is taken away without its days", async () => {
  const onChange = showFilters({ weekday: 7, hour: 2, timezone: "America/New_York", ...DAYS });
  expect(await screen.findByText("Sunday at 02:00, America/New York")).toBeVisible();
  await userEvent.click(screen.getByRole("button", { name: /Remove.*Hour/ }));
  expect(onChange).toHaveBeenCalledWith(DAYS);
});

test("what became of the copilot's work is a token, which is taken away with its days", async () => {
  const onChange = showFilters({ copilot: "edited", copilotFrom: "2026-11-01", copilotTo: "2026-11-24", q: "vpn" });
  expect(await screen.findByText("Used after changes")).toBeVisible();
  expect(screen.getByText("Copilot asked")).toBeVisible();
  await userEvent.click(screen.getByRole("button", { name: /Remove.*Copilot’s work/ }));
  expect(onChange).toHaveBeenCalledWith({ q: "vpn" });
});

test.each([
  ["agent1", "Sam"],
  ["user2", "Ada"],
  ["me", "Me"],
])("who wrote to the customer, %s, is a token with a name, which is taken away with its days", async (id, name) => {
  const days = { repliedFrom: "2026-11-01", repliedTo: "2026-11-24" };
  const onChange = showFilters({ repliedById: id, ...days, q: "vpn" });
  expect(await screen.findByText(name)).toBeVisible();
  expect(screen.getByText("Reply written")).toBeVisible();
  await userEvent.click(screen.getByRole("button", { name: /Remove.*Reply by/ }));
  expect(onChange).toHaveBeenCalledWith({ q: "vpn" });
});

test("who asked the copilot is a token with a name, which goes alone or with what became of it", async () => {
  const days = { copilotFrom: "2026-11-01", copilotTo: "2026-11-24" };
  const onChange = showFilters({ copilot: "edited", copilotById: "user2", ...days });
  expect(await screen.findByText("Ada")).toBeVisible();
  await userEvent.click(screen.getByRole("button", { name: /Remove.*Copilot asked by/ }));
  expect(onChange).toHaveBeenCalledWith({ copilot: "edited", ...days });
  await userEvent.click(screen.getByRole("button", { name: /Remove.*Copilot’s work/ }));
  expect(onChange).toHaveBeenCalledWith({});
});
