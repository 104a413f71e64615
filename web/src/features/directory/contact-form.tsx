import { Group, Switch, TextInput } from "@mantine/core";
import { type Schemas, client } from "~/api/client";
import { RecordForm } from "~/components/record-form";
import { useRecord } from "~/lib/record";
import { PlaceFields } from "./place-fields";
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
      <PlaceFields
        organizationId={organizationId}
        organization={row?.organization ?? organization}
        location={row?.location}
        fieldOf={(name) => form.getInputProps(name)}
        onOrganization={(next) => form.setValues({ organizationId: next, locationId: "" })}
      />
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
