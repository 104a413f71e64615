import { Group, Switch, TextInput } from "@mantine/core";
import { locationsOf, organizations } from "~/api/choices";
import { type Schemas, client } from "~/api/client";
import { RecordForm } from "~/components/record-form";
import { RemoteChoice } from "~/components/remote-choice";
import { useRecord } from "~/lib/record";
import { DIRECTORY } from "./refresh";
import type { FormProps } from "./parts";

type Row = Schemas["ContactRow"];

export function contactValues(row: Row | null, organizationId = "") {
  return {
    name: row?.name ?? "",
    organizationId: row?.organizationId ?? organizationId,
    locationId: row?.locationId ?? "",
    title: row?.title ?? "",
    phone: row?.phone ?? "",
    email: row?.email ?? "",
    preferredLanguage: row?.preferredLanguage ?? "",
    isVip: row?.isVip ?? false,
  };
}

export function contactBody(values: ReturnType<typeof contactValues>) {
  const { name, organizationId, locationId, title, phone, email, preferredLanguage, isVip } = values;
  return {
    name,
    organizationId,
    isVip,
    locationId: locationId || null,
    title: title.trim() || null,
    phone: phone.trim() || null,
    email: email.trim() || null,
    preferredLanguage: preferredLanguage.trim() || null,
  };
}

export function ContactForm({ row, organization, onCancel, onSaved }: FormProps<Row>) {
  const record = useRecord({
    what: "contact",
    row,
    read: (one: Row | null) => contactValues(one, organization?.id),
    write: contactBody,
    add: (body, params) => client.POST("/api/contacts", { params, body }),
    change: (id, body) => client.PATCH("/api/contacts/{id}", { params: { path: { id } }, body }),
    refresh: DIRECTORY,
    onSaved,
  });
  const { form } = record;
  const { organizationId } = form.values;
  return (
    <RecordForm record={record} onCancel={onCancel}>
      <TextInput label="Name" data-autofocus {...form.getInputProps("name")} />
      <Group grow align="start">
        <RemoteChoice
          label="Organization"
          clearable={false}
          among={["organizations"]}
          load={organizations}
          known={row?.organization ?? organization}
          {...form.getInputProps("organizationId")}
          onChange={(next) => form.setValues({ organizationId: next, locationId: "" })}
        />
        <RemoteChoice
          key={organizationId}
          label="Location"
          placeholder="None"
          disabled={organizationId === ""}
          among={["locations", organizationId]}
          load={locationsOf(organizationId)}
          known={row?.location}
          {...form.getInputProps("locationId")}
        />
      </Group>
      <Group grow align="start">
        <TextInput label="Phone" type="tel" placeholder="+49 30 1234567" {...form.getInputProps("phone")} />
        <TextInput label="E-mail" type="email" {...form.getInputProps("email")} />
      </Group>
      <Group grow align="start">
        <TextInput label="Position" placeholder="Head of finance" {...form.getInputProps("title")} />
        <TextInput
          label="Language"
          placeholder="en, de-CH …"
          maxLength={35}
          {...form.getInputProps("preferredLanguage")}
        />
      </Group>
      <Switch
        label="Special care (VIP)"
        description="Shown beside the name wherever the contact is."
        {...form.getInputProps("isVip", { type: "checkbox" })}
      />
    </RecordForm>
  );
}
