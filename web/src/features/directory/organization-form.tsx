import { Group, Select, TextInput, Textarea } from "@mantine/core";
import { accountManagers } from "~/api/choices";
import { type Schemas, client } from "~/api/client";
import { RecordForm } from "~/components/record-form";
import { RemoteChoice } from "~/components/remote-choice";
import { useRecord } from "~/lib/record";
import { DIRECTORY } from "./refresh";
import type { FormProps } from "./parts";

type Row = Schemas["OrganizationRow"];

export function organizationValues(row: Row | null) {
  return {
    name: row?.name ?? "",
    ueCode: row?.ueCode ?? "",
    domain: row?.domain ?? "",
    accountManagerId: row?.accountManagerId ?? "",
    status: row?.status ?? "ACTIVE",
    notes: row?.notes ?? "",
  };
}

export function organizationBody(values: ReturnType<typeof organizationValues>) {
  const { name, ueCode, domain, accountManagerId, status, notes } = values;
  return {
    name,
    status,
    ueCode: ueCode.trim() || null,
    domain: domain.trim() || null,
    accountManagerId: accountManagerId || null,
    notes: notes || null,
  };
}

export function OrganizationForm({ row, onCancel, onSaved }: FormProps<Row>) {
  const record = useRecord({
    what: "organization",
    row,
    read: organizationValues,
    write: organizationBody,
    add: (body, params) => client.POST("/api/organizations", { params, body }),
    change: (id, body) => client.PATCH("/api/organizations/{id}", { params: { path: { id } }, body }),
    refresh: DIRECTORY,
    onSaved,
  });
  const { form } = record;
  return (
    <RecordForm record={record} onCancel={onCancel}>
      <TextInput label="Name" data-autofocus {...form.getInputProps("name")} />
      <Group grow align="start">
        <TextInput
          label="U-E code"
          description="4 to 8 digits that callers say or key in."
          inputMode="numeric"
          maxLength={8}
          {...form.getInputProps("ueCode")}
        />
        <TextInput
          label="Domain"
          description="The part of their addresses behind the @."
          placeholder="example.com"
          {...form.getInputProps("domain")}
        />
      </Group>
      <Group grow align="start">
        <RemoteChoice
          label="Account manager"
          placeholder="Nobody"
          among={["account managers"]}
          load={accountManagers}
          known={row?.accountManager}
          {...form.getInputProps("accountManagerId")}
        />
        <Select
          label="State"
          allowDeselect={false}
          data={[
            { value: "ACTIVE", label: "Active" },
            { value: "SUSPENDED", label: "Suspended" },
          ]}
          {...form.getInputProps("status")}
        />
      </Group>
      <Textarea label="Notes" autosize minRows={3} maxRows={12} {...form.getInputProps("notes")} />
    </RecordForm>
  );
}
