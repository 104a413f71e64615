import { TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { Boxes } from "lucide-react";
import { expect, test } from "vitest";
import { api, client } from "~/api/client";
import { useRecord } from "~/lib/record";
import { show } from "~/test/render";
import { json, problem, serve, session } from "~/test/server";
import { useCollection } from "./collection";
import { RecordForm } from "./record-form";

interface Row {
  id: string;
  name: string;
  email: string | null;
  version: number;
}

const REFRESH = [["get", "/api/account-managers"]];

function Managers({ warning = false }: { warning?: boolean }) {
  const list = useQuery(api.queryOptions("get", "/api/account-managers"));
  const { add, table } = useCollection<Row>({
    one: "manager",
    many: "managers",
    list: { ...list, items: list.data?.items ?? [] },
    refresh: REFRESH,
    columns: ["Name", "E-mail"],
    cells: ({ name, email }) => [name, email],
    nameOf: ({ name }) => name,
    empty: { icon: Boxes, title: "No managers yet", about: "They own relations." },
    form: (row, onDone) => <Form row={row} onDone={onDone} />,
    remove: (id) => client.DELETE("/api/account-managers/{id}", { params: { path: { id } } }),
    ...(!warning && {
      restore: ({ name, email }: Row, params) =>
        client.POST("/api/account-managers", { params, body: { name, email } }),
    }),
  });
  return (
    <>
      {add}
      {table}
    </>
  );
}

function Form({ row, onDone }: { row: Row | null; onDone: () => void }) {
  const record = useRecord({
    what: "manager",
    row,
    read: (one: Row | null) => ({ name: one?.name ?? "", email: one?.email ?? "" }),
    write: ({ name, email }) => ({ name, email: email || null }),
    add: (body, params) => client.POST("/api/account-managers", { params, body }),
    change: (id, body) => client.PATCH("/api/account-managers/{id}", { params: { path: { id } }, body }),
    refresh: REFRESH,
    onSaved: onDone,
  });
  return (
    <RecordForm record={record} onCancel={onDone}>
      <TextInput label="Name" {...record.form.getInputProps("name")} />
      <TextInput label="E-mail" {...record.form.getInputProps("email")} />
    </RecordForm>
  );
}

const GRACE: Row = { id: "m1", name: "Grace", email: "grace@a.test", version: 3 };
const list = (items: Row[]) => () =>
  json({ items, hasMore: false, nextCursor: null, offset: 0, limit: 100, total: null });

test("a new one: faults at their fields, what belongs to none in the form, two clicks send once", async () => {
  let tries = 0;
  const calls = serve({
    "POST /api/auth/refresh": () => session("t"),
    "GET /api/account-managers": list([]),
    "POST /api/account-managers": () => {
      tries += 1;
      if (tries === 1) return problem(422, "invalid", { errors: [{ field: "email", message: "must be an address" }] });
      if (tries === 2) return problem(409, "too_many");
      return json({ ...GRACE, id: "m2", name: "Ada" }, 201);
    },
  });
  show(<Managers />);
  await screen.findByText("No managers yet");
  await userEvent.click(screen.getAllByRole("button", { name: "New manager" })[0] as HTMLElement);
  const dialog = await screen.findByRole("dialog");
  await userEvent.type(within(dialog).getByLabelText("Name"), "Ada");
  await userEvent.type(within(dialog).getByLabelText("E-mail"), "ada");
  const save = within(dialog).getByRole("button", { name: "Save" });
  await userEvent.click(save);
  expect(await within(dialog).findByText("must be an address")).toBeVisible();
  expect(within(dialog).getByLabelText("Name")).toHaveValue("Ada");
  await userEvent.click(save);
  expect(await within(dialog).findByRole("alert")).toHaveTextContent(/refused: too_many.*Request r-1/);
  await userEvent.dblClick(save);
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  const sent = calls.filter(({ method, path }) => method === "POST" && path === "/api/account-managers");
  expect(sent).toHaveLength(3);
  // The same content has the same key, so that the server can tell a repetition.
  expect(new Set(sent.map(({ key }) => key)).size).toBe(1);
  expect(sent[0]?.body).toEqual({ name: "Ada", email: "ada" });
});

test("a change sends what was changed; somebody else's is told and not overwritten without being asked for", async () => {
  const theirs = { ...GRACE, name: "Grace Whitfield", version: 4 };
  const bodies: unknown[] = [];
  serve({
    "POST /api/auth/refresh": () => session("t"),
    "GET /api/account-managers": list([GRACE]),
    "PATCH /api/account-managers/m1": ({ body }) => {
      bodies.push(body);
      return bodies.length === 1 ? problem(409, "stale_version", { current: theirs }) : json({ ...theirs, version: 5 });
    },
  });
  show(<Managers />);
  await userEvent.click(await screen.findByRole("button", { name: "Change Grace" }));
  const dialog = await screen.findByRole("dialog");
  const email = within(dialog).getByLabelText("E-mail");
  await userEvent.clear(email);
  await userEvent.type(email, "g@b.test");
  await userEvent.click(within(dialog).getByRole("button", { name: "Save" }));
  expect(await within(dialog).findByText("Somebody else saved first")).toBeVisible();
  expect(email).toHaveValue("g@b.test");
  await userEvent.click(within(dialog).getByRole("button", { name: "Save mine over it" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  expect(bodies).toEqual([
    { email: "g@b.test", version: 3 },
    { email: "g@b.test", version: 4 },
  ]);
});

test("what was typed is there again, and can be dropped", async () => {
  serve({ "POST /api/auth/refresh": () => session("t"), "GET /api/account-managers": list([GRACE]) });
  show(<Managers />);
  await userEvent.click(await screen.findByRole("button", { name: "Change Grace" }));
  await userEvent.type(await screen.findByLabelText("Name"), " W");
  await userEvent.keyboard("{Escape}");
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  await userEvent.click(screen.getByRole("button", { name: "Change Grace" }));
  expect(await screen.findByLabelText("Name")).toHaveValue("Grace W");
  await userEvent.click(screen.getByRole("button", { name: "Begin anew" }));
  expect(screen.getByLabelText("Name")).toHaveValue("Grace");
  await userEvent.type(screen.getByLabelText("Name"), " X");
  await userEvent.click(screen.getByRole("button", { name: "Cancel" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  await userEvent.click(screen.getByRole("button", { name: "Change Grace" }));
  expect(await screen.findByLabelText("Name")).toHaveValue("Grace");
});

test("a deletion is undone, a refused one says why", async () => {
  let deletions = 0;
  const calls = serve({
    "POST /api/auth/refresh": () => session("t"),
    "GET /api/account-managers": () => list(deletions < 2 ? [GRACE] : [])(),
    "DELETE /api/account-managers/m1": () => {
      deletions += 1;
      return deletions === 1 ? problem(409, "in_use") : new Response(null, { status: 204 });
    },
    "POST /api/account-managers": () => json({ ...GRACE, id: "m9" }, 201),
  });
  show(<Managers />);
  await userEvent.click(await screen.findByRole("button", { name: "Delete Grace" }));
  expect(await screen.findByText("Grace was not deleted")).toBeVisible();
  // Until the list is loaded anew, a click is not heard.
  await waitFor(() => expect(screen.getByRole("button", { name: "Delete Grace" })).toBeEnabled());
  await userEvent.dblClick(screen.getByRole("button", { name: "Delete Grace" }));
  await screen.findByText("No managers yet");
  await userEvent.click(await screen.findByRole("button", { name: "Undo" }));
  await waitFor(() =>
    expect(calls.some(({ method, path }) => method === "POST" && path === "/api/account-managers")).toBe(true),
  );
  expect(deletions).toBe(2);
  expect(calls.find(({ method, path }) => method === "POST" && path === "/api/account-managers")?.body).toEqual({
    name: "Grace",
    email: "grace@a.test",
  });
});

test("what cannot be undone is asked about", async () => {
  const calls = serve({
    "POST /api/auth/refresh": () => session("t"),
    "GET /api/account-managers": list([GRACE]),
    "DELETE /api/account-managers/m1": () => new Response(null, { status: 204 }),
  });
  show(<Managers warning />);
  await userEvent.click(await screen.findByRole("button", { name: "Delete Grace" }));
  const dialog = await screen.findByRole("dialog", { name: "Delete Grace?" });
  expect(calls.some(({ method }) => method === "DELETE")).toBe(false);
  await userEvent.click(within(dialog).getByRole("button", { name: "Delete" }));
  await waitFor(() => expect(calls.filter(({ method }) => method === "DELETE")).toHaveLength(1));
});
