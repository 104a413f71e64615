import { Switch, TextInput } from "@mantine/core";
import { Phone } from "lucide-react";
import { type Schemas, client } from "~/api/client";
import { Choice } from "~/components/choice";
import { useCollection } from "~/components/collection";
import { Dot } from "~/components/dot";
import { Page } from "~/components/page";
import { RecordForm } from "~/components/record-form";
import { usePages } from "~/lib/pages";
import { useRecord } from "~/lib/record";

type PhoneNumber = Schemas["PhoneNumberRow"];

const REFRESH = [["get", "/api/phone-numbers"]];

const ENGINES = [
  { value: "REALTIME", label: "Realtime: a model that hears and speaks" },
  { value: "RELAY", label: "Relay: the carrier turns speech into text" },
];

/** The numbers at which callers reach the desk. */
export function PhoneNumbers() {
  const list = usePages([...REFRESH.flat(), "all"], (at, signal) =>
    client.GET("/api/phone-numbers", { params: { query: { limit: 100, ...at } }, signal }),
  );
  const { add, table } = useCollection<PhoneNumber>({
    one: "phone number",
    many: "phone numbers",
    list,
    refresh: REFRESH,
    columns: ["Number", "Label", "Engine", "People are at", "State"],
    cells: (row) => [
      <span key="number" style={{ fontVariantNumeric: "tabular-nums" }}>
        {row.number}
      </span>,
      row.label,
      row.engine === null ? "The operator's" : row.engine === "RELAY" ? "Relay" : "Realtime",
      row.transferNumber ?? "The workspace's number",
      <Dot key="state" color={row.isActive ? "var(--desk-good)" : null}>
        {row.isActive ? "Takes calls" : "Off"}
      </Dot>,
    ],
    nameOf: ({ number }) => number,
    empty: {
      icon: Phone,
      title: "No phone numbers yet",
      about: "Enter a number of your carrier. Calls to it belong to this workspace, and its voice agents answer them.",
    },
    form: (row, onDone) => <PhoneNumberForm row={row} onDone={onDone} />,
    remove: (id) => client.DELETE("/api/phone-numbers/{id}", { params: { path: { id } } }),
    restore: ({ number, label, engine, transferNumber, isActive }, params) =>
      client.POST("/api/phone-numbers", { params, body: { number, label, engine, transferNumber, isActive } }),
  });
  return (
    <Page
      title="Phone numbers"
      about="At these numbers callers reach your voice agents. A number belongs to one workspace only."
      actions={add}
    >
      {table}
    </Page>
  );
}

function PhoneNumberForm({ row, onDone }: { row: PhoneNumber | null; onDone: () => void }) {
  const record = useRecord({
    what: "phone number",
    row,
    read: (one) => ({
      number: one?.number ?? "",
      label: one?.label ?? "",
      engine: one?.engine ?? "",
      transferNumber: one?.transferNumber ?? "",
      isActive: one?.isActive ?? true,
    }),
    write: ({ engine, transferNumber, ...values }) => ({
      ...values,
      engine: engine || null,
      transferNumber: transferNumber.trim() || null,
    }),
    add: (body, params) => client.POST("/api/phone-numbers", { params, body }),
    change: (id, body) => client.PATCH("/api/phone-numbers/{id}", { params: { path: { id } }, body }),
    refresh: REFRESH,
    onSaved: onDone,
  });
  const { form } = record;
  return (
    <RecordForm record={record} onCancel={onDone}>
      <TextInput
        label="Number"
        description={row ? "For another number make another entry." : "With the country code, such as +49 30 1234567."}
        type="tel"
        disabled={row !== null}
        {...(row === null && { "data-autofocus": true })}
        {...form.getInputProps("number")}
      />
      <TextInput label="Label" description="What this number is for." {...form.getInputProps("label")} />
      <Choice label="Engine" placeholder="The operator's" data={ENGINES} {...form.getInputProps("engine")} />
      <TextInput
        label="Transfer number"
        description="Where a caller goes who asks for a person. Empty: the workspace's transfer number."
        type="tel"
        {...form.getInputProps("transferNumber")}
      />
      <Switch label="Takes calls" {...form.getInputProps("isActive", { type: "checkbox" })} />
    </RecordForm>
  );
}
