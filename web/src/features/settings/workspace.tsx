import { Select, Stack, Switch, TagsInput, TextInput } from "@mantine/core";
import { WorkspacePart } from "./workspace-form";

const ZONES = Intl.supportedValuesOf("timeZone");

/** Name, clocks, areas and telephone of the desk. */
export function WorkspacePage() {
  return (
    <WorkspacePart
      title="Workspace"
      about="What your desk is called, which clocks it lives by, and where callers go who ask for a person."
      read={({ name, timezone, productAreas, transferNumber, recordCalls }) => ({
        name,
        timezone,
        productAreas,
        transferNumber: transferNumber ?? "",
        recordCalls,
      })}
      write={({ transferNumber, ...values }) => ({ ...values, transferNumber: transferNumber.trim() || null })}
      fieldOf={(field) => field.replace(/\[\d+\]$/, "")}
    >
      {(form, { timezone }) => (
        <Stack gap="md" maw={480}>
          <TextInput label="Name" {...form.getInputProps("name")} />
          <Select
            label="Time zone"
            searchable
            allowDeselect={false}
            limit={100}
            data={ZONES.includes(timezone) ? ZONES : [timezone, ...ZONES]}
            {...form.getInputProps("timezone")}
          />
          <TagsInput
            label="Product areas"
            description="What tickets and articles can be about. Enter adds one."
            {...form.getInputProps("productAreas")}
          />
          <TextInput
            label="Transfer number"
            description="Where a caller goes who asks for a person, such as +49 30 1234567. Empty: calls are not transferred."
            type="tel"
            {...form.getInputProps("transferNumber")}
          />
          <Switch
            label="Record calls"
            description="Callers are told. Check the law where your callers are."
            {...form.getInputProps("recordCalls", { type: "checkbox" })}
          />
        </Stack>
      )}
    </WorkspacePart>
  );
}
