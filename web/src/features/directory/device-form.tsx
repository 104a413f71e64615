import { Group, Select, TextInput, Textarea } from "@mantine/core";
import { domains, manufacturers, modelsOf, operatingSystems } from "~/api/choices";
import { type Schemas, client } from "~/api/client";
import { useLookups } from "~/api/queries";
import { choices } from "~/components/choice";
import { RecordForm } from "~/components/record-form";
import { RemoteChoice } from "~/components/remote-choice";
import { useRecord } from "~/lib/record";
import type { FormProps } from "./parts";
import { PlaceFields } from "./place-fields";
import { DIRECTORY } from "./refresh";

type Row = Schemas["DeviceDetail"];

const STATES = [
  { value: "ONLINE", label: "Online" },
  { value: "OFFLINE", label: "Offline" },
  { value: "UNKNOWN", label: "Unknown" },
  { value: "RETIRED", label: "Retired" },
];

export function deviceValues(row: Row | null, organizationId = "") {
  return {
    name: row?.name ?? "",
    organizationId: row?.organization.id ?? organizationId,
    locationId: row?.location?.id ?? "",
    type: row?.type ?? "WORKSTATION",
    status: row?.status ?? "UNKNOWN",
    manufacturerId: row?.manufacturer?.id ?? "",
    modelId: row?.model?.id ?? "",
    operatingSystemId: row?.operatingSystem?.id ?? "",
    domainId: row?.domain?.id ?? "",
    serialNumber: row?.serialNumber ?? "",
    assetTag: row?.assetTag ?? "",
    ipAddress: row?.ipAddress ?? "",
    macAddress: row?.macAddress ?? "",
    // A day: the server keeps its first moment.
    warrantyUntil: row?.warrantyUntil?.slice(0, 10) ?? "",
    notes: row?.notes ?? "",
  };
}

/** Empty texts are nothing. */
export function deviceBody({ name, organizationId, type, status, ...rest }: ReturnType<typeof deviceValues>) {
  const others = Object.fromEntries(Object.entries(rest).map(([field, value]) => [field, value.trim() || null]));
  return { name, organizationId, type, status, ...(others as Record<keyof typeof rest, string | null>) };
}

export function DeviceForm({ row, organization, onCancel, onSaved }: FormProps<Row>) {
  const { deviceTypes } = useLookups();
  const record = useRecord({
    what: "device",
    row,
    read: (one: Row | null) => deviceValues(one, organization?.id),
    write: deviceBody,
    add: (body, params) => client.POST("/api/devices", { params, body }),
    change: (id, body) => client.PATCH("/api/devices/{id}", { params: { path: { id } }, body }),
    refresh: DIRECTORY,
    onSaved,
  });
  const { form } = record;
  const { organizationId, manufacturerId } = form.values;
  const system = row?.operatingSystem;
  return (
    <RecordForm record={record} onCancel={onCancel}>
      <Group grow align="start">
        <TextInput label="Host name" data-autofocus {...form.getInputProps("name")} />
        <Select label="Type" allowDeselect={false} data={choices(deviceTypes)} {...form.getInputProps("type")} />
      </Group>
      <PlaceFields
        organizationId={organizationId}
        organization={row?.organization ?? organization}
        location={row?.location}
        fieldOf={(name) => form.getInputProps(name)}
        onOrganization={(next) => form.setValues({ organizationId: next, locationId: "" })}
      />
      <Group grow align="start">
        <RemoteChoice
          label="Manufacturer"
          placeholder="Not known"
          among={["manufacturers"]}
          load={manufacturers}
          known={row?.manufacturer}
          {...form.getInputProps("manufacturerId")}
          onChange={(next) => form.setValues({ manufacturerId: next, modelId: "" })}
        />
        <RemoteChoice
          key={manufacturerId}
          label="Model"
          placeholder="Not known"
          among={["models", manufacturerId]}
          load={modelsOf(manufacturerId)}
          known={row?.model}
          {...form.getInputProps("modelId")}
        />
      </Group>
      <Group grow align="start">
        <RemoteChoice
          label="Operating system"
          placeholder="Not known"
          among={["operating systems"]}
          load={operatingSystems}
          known={system && { id: system.id, name: `${system.name} ${system.osVersion}`.trim() }}
          {...form.getInputProps("operatingSystemId")}
        />
        <RemoteChoice
          label="Network domain"
          placeholder="None"
          among={["domains"]}
          load={domains}
          known={row?.domain}
          {...form.getInputProps("domainId")}
        />
      </Group>
      <Group grow align="start">
        <TextInput label="Serial number" {...form.getInputProps("serialNumber")} />
        <TextInput label="Asset tag" {...form.getInputProps("assetTag")} />
      </Group>
      <Group grow align="start">
        <TextInput label="IP address" {...form.getInputProps("ipAddress")} />
        <TextInput label="MAC address" {...form.getInputProps("macAddress")} />
      </Group>
      <Group grow align="start">
        <Select label="State" allowDeselect={false} data={STATES} {...form.getInputProps("status")} />
        <TextInput label="Warranty until" type="date" {...form.getInputProps("warrantyUntil")} />
      </Group>
      <Textarea label="Notes" autosize minRows={2} maxRows={10} {...form.getInputProps("notes")} />
    </RecordForm>
  );
}
