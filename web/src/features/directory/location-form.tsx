import { Group, TextInput } from "@mantine/core";
import { type Schemas, client } from "~/api/client";
import { Choice } from "~/components/choice";
import { RecordForm } from "~/components/record-form";
import { useRecord } from "~/lib/record";
import type { FormProps } from "./parts";
import { DIRECTORY } from "./refresh";

type Row = Schemas["LocationRow"];

const ZONES = Intl.supportedValuesOf("timeZone");

export function locationBody(row: Row) {
  const { name, organizationId, address, city, country, phone, timezone } = row;
  return { name, organizationId, address, city, country, phone, timezone };
}

/** A site of one organization, which it stays. */
export function LocationForm({ row, organization, onCancel, onSaved }: FormProps<Row>) {
  const record = useRecord({
    what: "location",
    row,
    read: (one: Row | null) => ({
      name: one?.name ?? "",
      address: one?.address ?? "",
      city: one?.city ?? "",
      country: one?.country ?? "",
      phone: one?.phone ?? "",
      timezone: one?.timezone ?? "",
    }),
    write: ({ name, address, city, country, phone, timezone }) => ({
      name,
      address: address.trim() || null,
      city: city.trim() || null,
      country: country.trim().toUpperCase() || null,
      phone: phone.trim() || null,
      timezone: timezone || null,
    }),
    add: (body, params) =>
      client.POST("/api/locations", { params, body: { ...body, organizationId: organization?.id ?? "" } }),
    change: (id, body) => client.PATCH("/api/locations/{id}", { params: { path: { id } }, body }),
    refresh: DIRECTORY,
    onSaved,
  });
  const { form } = record;
  return (
    <RecordForm record={record} onCancel={onCancel}>
      <TextInput label="Name" placeholder="Head office" data-autofocus {...form.getInputProps("name")} />
      <TextInput label="Address" {...form.getInputProps("address")} />
      <Group grow align="start">
        <TextInput label="City" {...form.getInputProps("city")} />
        <TextInput
          label="Country"
          placeholder="DE"
          description="Two letters; telephone numbers are read as they are dialled there."
          maxLength={2}
          {...form.getInputProps("country")}
        />
      </Group>
      <Group grow align="start">
        <TextInput label="Phone" type="tel" {...form.getInputProps("phone")} />
        <Choice
          label="Time zone"
          placeholder="Not known"
          searchable
          limit={100}
          data={ZONES}
          {...form.getInputProps("timezone")}
        />
      </Group>
    </RecordForm>
  );
}
