import { Group, Select, Switch, Text } from "@mantine/core";
import { Timer } from "lucide-react";
import { type Schemas, client } from "~/api/client";
import { organizations } from "~/api/choices";
import { useLookups } from "~/api/queries";
import { choices } from "~/components/choice";
import { useCollection } from "~/components/collection";
import { Dot } from "~/components/dot";
import { Page } from "~/components/page";
import { RecordForm } from "~/components/record-form";
import { RemoteChoice } from "~/components/remote-choice";
import { usePages } from "~/lib/pages";
import { useRecord } from "~/lib/record";
import { Minutes, inHours } from "./minutes";
import { Rules, rulesOf, rulesWritten } from "./sla-rules";

type Policy = Schemas["SlaPolicyRow"];

const REFRESH = [["get", "/api/sla-policies"]];

/** How soon the desk promises to answer and to solve. */
export function SlaPolicies() {
  const { priorities } = useLookups();
  const list = usePages([...REFRESH.flat(), "all"], (at, signal) =>
    client.GET("/api/sla-policies", { params: { query: { limit: 100, ...at } }, signal }),
  );
  const labelOf = (priority: string) => priorities.find(({ key }) => key === priority)?.label ?? priority;
  const rank = ({ priority }: Policy) => priorities.findIndex(({ key }) => key === priority);
  // Those for everybody first, then by customer; within each the most urgent first.
  const items = [...list.items].sort(
    (a, b) => (a.organization?.name ?? "").localeCompare(b.organization?.name ?? "") || rank(b) - rank(a),
  );
  const { add, table } = useCollection<Policy>({
    one: "SLA policy",
    many: "SLA policies",
    list: { ...list, items },
    refresh: REFRESH,
    columns: ["Priority", "For", "First reply within", "Solved within", "Counts", "Rules"],
    cells: (policy) => [
      <Dot key="priority" color={priorities.find(({ key }) => key === policy.priority)?.color}>
        {labelOf(policy.priority)}
      </Dot>,
      policy.organization?.name ?? "Everybody",
      inHours(policy.firstResponseMinutes),
      inHours(policy.resolutionMinutes),
      policy.businessHoursOnly ? "Business hours" : "Day and night",
      policy.escalationRules.length === 0 ? "None" : String(policy.escalationRules.length),
    ],
    nameOf: ({ priority, organization }) => `${labelOf(priority)} for ${organization?.name ?? "everybody"}`,
    empty: {
      icon: Timer,
      title: "No SLA policies yet",
      about:
        "A policy says how soon a ticket of a priority is answered and solved. Without one a ticket has no clocks.",
    },
    form: (policy, onDone) => <PolicyForm policy={policy} onDone={onDone} />,
    size: "lg",
    remove: (id) => client.DELETE("/api/sla-policies/{id}", { params: { path: { id } } }),
    restore: ({ priority, organization, ...policy }, params) =>
      client.POST("/api/sla-policies", {
        params,
        body: {
          priority,
          organizationId: organization?.id ?? null,
          firstResponseMinutes: policy.firstResponseMinutes,
          resolutionMinutes: policy.resolutionMinutes,
          businessHoursOnly: policy.businessHoursOnly,
          escalationRules: policy.escalationRules,
        },
      }),
  });
  return (
    <Page
      title="SLA policies"
      about="How soon tickets are answered and solved, by priority. A customer's own policy goes before the one for everybody."
      actions={add}
    >
      {table}
    </Page>
  );
}

function PolicyForm({ policy, onDone }: { policy: Policy | null; onDone: () => void }) {
  const { priorities } = useLookups();
  const record = useRecord({
    what: "SLA policy",
    row: policy,
    read: (one) => ({
      priority: one?.priority ?? "HIGH",
      organizationId: one?.organization?.id ?? "",
      firstResponseMinutes: one?.firstResponseMinutes ?? null,
      resolutionMinutes: one?.resolutionMinutes ?? null,
      businessHoursOnly: one?.businessHoursOnly ?? true,
      escalationRules: rulesOf(one?.escalationRules ?? []),
    }),
    write: ({ organizationId, escalationRules, ...values }) => ({
      ...values,
      organizationId: organizationId || null,
      escalationRules: rulesWritten(escalationRules),
    }),
    add: (body, params) => client.POST("/api/sla-policies", { params, body }),
    change: (id, body) => client.PATCH("/api/sla-policies/{id}", { params: { path: { id } }, body }),
    refresh: REFRESH,
    onSaved: onDone,
  });
  const { form } = record;
  return (
    <RecordForm record={record} onCancel={onDone}>
      <Group grow align="start">
        <Select
          label="Priority"
          allowDeselect={false}
          disabled={policy !== null}
          data={choices(priorities)}
          {...form.getInputProps("priority")}
        />
        <RemoteChoice
          label="Organization"
          placeholder="Everybody"
          disabled={policy !== null}
          among={["organizations"]}
          load={organizations}
          known={policy?.organization}
          {...form.getInputProps("organizationId")}
        />
      </Group>
      {policy && (
        <Text size="xs" c="dimmed">
          For another priority or organization make another policy.
        </Text>
      )}
      <Group grow align="start">
        <Minutes label="First reply within" {...form.getInputProps("firstResponseMinutes")} />
        <Minutes label="Solved within" {...form.getInputProps("resolutionMinutes")} />
      </Group>
      <Switch
        label="Only business hours count"
        description="Otherwise the clocks run day and night."
        {...form.getInputProps("businessHoursOnly", { type: "checkbox" })}
      />
      <Rules
        rules={form.values.escalationRules}
        error={form.errors.escalationRules}
        onChange={(rules) => form.setFieldValue("escalationRules", rules)}
      />
    </RecordForm>
  );
}
