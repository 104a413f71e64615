import { TextInput } from "@mantine/core";
import { UserRoundCog } from "lucide-react";
import { type Schemas, client } from "~/api/client";
import { useCollection } from "~/components/collection";
import { Page } from "~/components/page";
import { RecordForm } from "~/components/record-form";
import { usePages } from "~/lib/pages";
import { useRecord } from "~/lib/record";
import type { FormProps } from "./parts";
import { DIRECTORY } from "./refresh";

type Row = Schemas["AccountManagerRow"];

/** Who owns the relation to a customer. */
export function AccountManagers() {
  const list = usePages(["get", "/api/account-managers", "all"], (at, signal) =>
    client.GET("/api/account-managers", { params: { query: { limit: 100, sort: "name", ...at } }, signal }),
  );
  const { add, table } = useCollection<Row>({
    one: "account manager",
    many: "account managers",
    list,
    refresh: DIRECTORY,
    columns: ["Name", "E-mail", "Phone"],
    cells: ({ name, email, phone }) => [name, email, phone],
    nameOf: ({ name }) => name,
    empty: {
      icon: UserRoundCog,
      title: "No account managers yet",
      about: "An account manager owns the relation to a customer, and is named on its page.",
    },
    form: (row, onDone) => <ManagerForm row={row} onCancel={onDone} onSaved={onDone} />,
    remove: (id) => client.DELETE("/api/account-managers/{id}", { params: { path: { id } } }),
    restore: ({ name, email, phone }, params) =>
      client.POST("/api/account-managers", { params, body: { name, email, phone } }),
  });
  return (
    <Page title="Account managers" about="Who of your company owns the relation to a customer." actions={add}>
      {table}
    </Page>
  );
}

function ManagerForm({ row, onCancel, onSaved }: FormProps<Row>) {
  const record = useRecord({
    what: "account manager",
    row,
    read: (one: Row | null) => ({ name: one?.name ?? "", email: one?.email ?? "", phone: one?.phone ?? "" }),
    write: ({ name, email, phone }) => ({ name, email: email.trim() || null, phone: phone.trim() || null }),
    add: (body, params) => client.POST("/api/account-managers", { params, body }),
    change: (id, body) => client.PATCH("/api/account-managers/{id}", { params: { path: { id } }, body }),
    refresh: DIRECTORY,
    onSaved,
  });
  const { form } = record;
  return (
    <RecordForm record={record} onCancel={onCancel}>
      <TextInput label="Name" data-autofocus {...form.getInputProps("name")} />
      <TextInput label="E-mail" type="email" {...form.getInputProps("email")} />
      <TextInput label="Phone" type="tel" {...form.getInputProps("phone")} />
    </RecordForm>
  );
}
