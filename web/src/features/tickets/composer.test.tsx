import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test } from "vitest";
import type { TicketDetail } from "~/api/client";
import { signIn } from "~/api/session";
import { show } from "~/test/render";
import { agent, json, problem, serve, session } from "~/test/server";
import { Composer as Bare } from "./composer";
import { useFiles } from "./files";

const ticket = {
  id: "ticket1",
  label: "TKT-0001",
  contact: { name: "Mara Lindqvist" },
  messages: [] as TicketDetail["messages"],
} as TicketDetail;
const MESSAGES = "/api/tickets/ticket1/messages";

function Composer(props: { ticket: TicketDetail }) {
  return <Bare ticket={props.ticket} files={useFiles(props.ticket.id)} />;
}

function added(body: string) {
  const about = { id: "m1", ticketId: "ticket1", authorType: "AGENT", author: { id: agent.id, name: agent.name } };
  return json({ ...about, body, isInternal: false, suggestionId: null, createdAt: "2026-11-24T12:00:00Z" }, 201);
}

beforeEach(async () => {
  serve({ "POST /api/auth/login": () => session("token-1") });
  await signIn(agent.email, "secret");
});

test("a double click sends once", async () => {
  const calls = serve({
    [`POST ${MESSAGES}`]: async () => {
      await new Promise((done) => setTimeout(done, 20));
      return added("Hello");
    },
  });
  show(<Composer ticket={ticket} />);
  await userEvent.type(screen.getByLabelText("Text of the reply"), "Hello");
  await userEvent.dblClick(screen.getByRole("button", { name: "Send reply" }));
  await waitFor(() => expect(screen.getByLabelText("Text of the reply")).toHaveValue(""));
  expect(calls.filter(({ path }) => path === MESSAGES)).toMatchObject([{ body: { body: "Hello", isInternal: false } }]);
});

test("a message that failed stays, and goes out with the same key", async () => {
  let tries = 0;
  const calls = serve({
    [`POST ${MESSAGES}`]: () => {
      tries += 1;
      return tries === 1 ? problem(503, "unavailable") : added("Hello again");
    },
  });
  show(<Composer ticket={ticket} />);
  const field = screen.getByLabelText("Text of the reply");
  await userEvent.type(field, "Hello again");
  await userEvent.click(screen.getByRole("button", { name: "Send reply" }));
  expect(await screen.findByText("The message was not sent")).toBeInTheDocument();
  expect(screen.getByText("Request r-1")).toBeInTheDocument();
  expect(field).toHaveValue("Hello again");
  await userEvent.click(screen.getByRole("button", { name: "Send reply" }));
  await waitFor(() => expect(field).toHaveValue(""));
  const keys = calls.map(({ key }) => key);
  expect(keys[0]).toMatch(/^[0-9a-f]{32}$/);
  expect(keys[1]).toBe(keys[0]);
});

test("what is wrong with the text is told at the field", async () => {
  const errors = [{ field: "body", message: "must have at most 10,000 characters" }];
  serve({ [`POST ${MESSAGES}`]: () => problem(422, "validation_failed", { errors }) });
  show(<Composer ticket={ticket} />);
  await userEvent.type(screen.getByLabelText("Text of the reply"), "Hello");
  await userEvent.keyboard("{Control>}{Enter}{/Control}");
  expect(await screen.findByText("must have at most 10,000 characters")).toBeInTheDocument();
});

test("a note is marked as one", async () => {
  const calls = serve({ [`POST ${MESSAGES}`]: () => added("Gateway is fine") });
  show(<Composer ticket={ticket} />);
  expect(screen.getByText(/sends no e-mail itself/)).toBeInTheDocument();
  await userEvent.click(screen.getByText("Internal note"));
  await userEvent.type(screen.getByLabelText("Text of the note"), "Gateway is fine");
  await userEvent.click(screen.getByRole("button", { name: "Add note" }));
  await waitFor(() => expect(calls[0]).toMatchObject({ body: { isInternal: true } }));
});

test("what is written stays with its ticket", async () => {
  const { unmount } = show(<Composer ticket={ticket} />);
  await userEvent.type(screen.getByLabelText("Text of the reply"), "Half a sen");
  unmount();
  const other = show(<Composer ticket={{ ...ticket, id: "ticket2" }} />);
  expect(screen.getByLabelText("Text of the reply")).toHaveValue("");
  other.unmount();
  show(<Composer ticket={ticket} />);
  expect(screen.getByLabelText("Text of the reply")).toHaveValue("Half a sen");
});
