import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import { show } from "~/test/render";
import { json, problem, serve, session } from "~/test/server";
import { useGiveToTeam } from "./team-assign";

const TARGETS = [
  { id: "t1", label: "TKT-0001" },
  { id: "t2", label: "TKT-0002" },
];

function Give({ targets }: { targets: typeof TARGETS }) {
  const give = useGiveToTeam();
  return <button onClick={() => void give(targets, { id: "team1", name: "Network" })}>Give</button>;
}

const given = (id: string, label: string) => ({ id, label, assignee: { id: "a1", name: "Jonas" }, messages: [] });

test("the one whose turn it is gets the ticket, and that is taken back by giving it to whose it was", async () => {
  const calls = serve({
    "POST /api/auth/refresh": () => session("t"),
    "POST /api/tickets/t1/assign": () => json(given("t1", "TKT-0001")),
  });
  const { queries } = show(<Give targets={TARGETS.slice(0, 1)} />);
  queries.setQueryData(["get", "/api/tickets/{id}", { params: { path: { id: "t1" } } }], {
    ...given("t1", "TKT-0001"),
    assignee: { id: "a7", name: "Mara" },
  });
  await userEvent.click(screen.getByRole("button", { name: "Give" }));
  await screen.findByText("TKT-0001: assigned to Jonas of Network");
  await userEvent.click(screen.getByRole("button", { name: "Undo" }));
  await waitFor(() =>
    expect(calls.filter(({ path }) => path === "/api/tickets/t1/assign").map(({ body }) => body)).toEqual([
      { teamId: "team1" },
      { supportAgentId: "a7" },
    ]),
  );
});

test("when nobody of the team is free, that is said, and the others are given", async () => {
  serve({
    "POST /api/auth/refresh": () => session("t"),
    "POST /api/tickets/t1/assign": () => problem(409, "nobody_available"),
    "POST /api/tickets/t2/assign": () => json(given("t2", "TKT-0002")),
  });
  show(<Give targets={TARGETS} />);
  await userEvent.click(screen.getByRole("button", { name: "Give" }));
  expect(await screen.findByText("TKT-0001 did not go to Network")).toBeVisible();
  expect(screen.getByText("refused: nobody_available")).toBeVisible();
  expect(screen.getByText("Request r-1")).toBeVisible();
  expect(screen.getByText("TKT-0002: assigned to Jonas of Network")).toBeVisible();
});
