import { NumberInput, Switch, Text, TextInput } from "@mantine/core";
import { Bot } from "lucide-react";
import { type Schemas, client } from "~/api/client";
import { Choice } from "~/components/choice";
import { useCollection } from "~/components/collection";
import { Dot } from "~/components/dot";
import { RecordForm } from "~/components/record-form";
import { type Pages, usePages } from "~/lib/pages";
import { useRecord } from "~/lib/record";

export type Agent = Schemas["SupportAgentRow"];

const REFRESH = [["get", "/api/support-agents"]];

export function useAgents(): Pages<Agent> {
  return usePages(["get", "/api/support-agents", "all"], (at, signal) =>
    client.GET("/api/support-agents", { params: { query: { limit: 100, ...at } }, signal }),
  );
}

/** Those to whom tickets can be assigned: people, and voice agents. */
export function useAgentCollection(list: Pages<Agent>) {
  return useCollection<Agent>({
    one: "support agent",
    many: "support agents",
    list,
    refresh: REFRESH,
    columns: ["Name", "Kind", "Knows best", "Open tickets", "State"],
    cells: (agent) => [
      agent.name,
      agent.kind === "BOT" ? "Voice agent" : agent.userId ? "Person" : "Person without sign-in",
      agent.specialty,
      agent.kind === "BOT" ? "" : `At most ${String(agent.maxOpenTickets)}`,
      <Dot key="state" color={agent.isAvailable ? "var(--desk-good)" : null}>
        {agent.isAvailable ? "Available" : "Away"}
      </Dot>,
    ],
    nameOf: ({ name }) => name,
    empty: {
      icon: Bot,
      title: "No support agents yet",
      about: "Tickets are assigned to support agents: people of your team, and voice agents.",
    },
    form: (agent, onDone) => <AgentForm agent={agent} onDone={onDone} />,
    remove: (id) => client.DELETE("/api/support-agents/{id}", { params: { path: { id } } }),
    warning: ({ name }) => `Nobody can assign tickets to ${name} any more. This cannot be undone.`,
  });
}

function valuesOf(agent: Agent | null) {
  return {
    name: agent?.name ?? "",
    specialty: agent?.specialty ?? "",
    userId: agent?.userId ?? "",
    isAvailable: agent?.isAvailable ?? true,
    maxOpenTickets: (agent?.maxOpenTickets ?? 20) as number | string,
  };
}

function AgentForm({ agent, onDone }: { agent: Agent | null; onDone: () => void }) {
  const users = usePages(["get", "/api/users"], (at, signal) =>
    client.GET("/api/users", { params: { query: { limit: 100, ...at } }, signal }),
  );
  const isBot = agent?.kind === "BOT";
  const record = useRecord({
    what: "support agent",
    row: agent,
    read: valuesOf,
    write: ({ name, specialty, userId, isAvailable, maxOpenTickets }) => ({
      name,
      specialty: specialty || null,
      isAvailable,
      maxOpenTickets: Number(maxOpenTickets),
      userId: userId || null,
    }),
    add: (body, params) => client.POST("/api/support-agents", { params, body: { ...body, kind: "HUMAN" } }),
    change: (id, body) => client.PATCH("/api/support-agents/{id}", { params: { path: { id } }, body }),
    refresh: REFRESH,
    onSaved: onDone,
  });
  const { form } = record;
  return (
    <RecordForm record={record} onCancel={onDone}>
      <TextInput label="Name" data-autofocus {...form.getInputProps("name")} />
      <TextInput label={isBot ? "Voice agent" : "Knows best"} {...form.getInputProps("specialty")} />
      {!isBot && (
        <Choice
          label="Signs in as"
          placeholder="Nobody"
          searchable
          data={users.items.map(({ id, name, email }) => ({ value: id, label: `${name}, ${email}` }))}
          {...form.getInputProps("userId")}
        />
      )}
      <NumberInput
        label="Most open tickets"
        description="With so many, a team gives no more."
        min={0}
        {...form.getInputProps("maxOpenTickets")}
      />
      <Switch
        label="Available"
        description="Teams give tickets only to those who are."
        {...form.getInputProps("isAvailable", { type: "checkbox" })}
      />
      {isBot && <Text size="xs">Voice agents are not given tickets by teams.</Text>}
    </RecordForm>
  );
}
