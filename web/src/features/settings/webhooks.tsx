import { Alert, Button, Group, Modal, MultiSelect, Stack, Table, Text, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Plus, Webhook as WebhookIcon } from "lucide-react";
import { useState } from "react";
import { type Schemas, client } from "~/api/client";
import { Problem } from "~/api/problem";
import { useSending } from "~/api/sending";
import { Dot } from "~/components/dot";
import { Empty } from "~/components/empty";
import { Listing } from "~/components/listing";
import { Page } from "~/components/page";
import { SecretDialog } from "~/components/secret";
import { DataTable } from "~/components/table";
import { Age } from "~/components/time";
import { showProblem } from "~/components/toast";
import { showAtFields, useKeptForm } from "~/lib/kept-form";
import { useOnceKey } from "~/lib/once";
import { gathered } from "~/lib/record";
import { usePages } from "~/lib/pages";

export type Webhook = Schemas["WebhookRow"];

export const WEBHOOKS = ["get", "/api/webhooks"];

export const EVENTS = [
  { value: "*", label: "Everything" },
  ...[
    "ticket.created",
    "ticket.updated",
    "ticket.message",
    "suggestion.updated",
    "escalation.created",
    "call.started",
    "call.updated",
    "call.turn",
    "call.agent_changed",
    "call.ended",
    "webhook.disabled",
  ].map((value) => ({ value, label: value })),
];

/** Where the desk tells other programs what happens. */
export function Webhooks() {
  const webhooks = usePages(WEBHOOKS, (at, signal) =>
    client.GET("/api/webhooks", { params: { query: { limit: 50, ...at } }, signal }),
  );
  const [adding, setAdding] = useState(false);
  const [secret, setSecret] = useState<string | null>(null);
  const add = (
    <Button leftSection={<Plus size={14} aria-hidden />} onClick={() => setAdding(true)}>
      New webhook
    </Button>
  );
  return (
    <Page
      title="Webhooks"
      about="The desk sends each event to these addresses, signed, at least once, and tries again for 76 hours when nobody answers."
      actions={add}
    >
      <Listing
        list={webhooks}
        label="webhooks"
        empty={
          <Empty icon={WebhookIcon} title="No webhooks yet" action={add}>
            Public replies leave the desk through a webhook too: connect the program that sends your mail.
          </Empty>
        }
      >
        {(items) => (
          <DataTable label="Webhooks" columns={["Address", "Events", "Last success", "State"]}>
            {items.map((webhook) => (
              <Table.Tr key={webhook.id}>
                <Table.Td fw={600}>
                  <Link to="/settings/webhooks/$webhook" params={{ webhook: webhook.id }}>
                    {webhook.url}
                  </Link>
                </Table.Td>
                <Table.Td>{webhook.events.includes("*") ? "Everything" : webhook.events.join(", ")}</Table.Td>
                <Table.Td>{webhook.lastSuccessAt ? <Age at={webhook.lastSuccessAt} /> : "Never"}</Table.Td>
                <Table.Td>
                  <WebhookState webhook={webhook} />
                </Table.Td>
              </Table.Tr>
            ))}
          </DataTable>
        )}
      </Listing>
      <Modal
        opened={adding}
        onClose={() => setAdding(false)}
        title="New webhook"
        closeButtonProps={{ "aria-label": "Close" }}
      >
        <NewWebhook
          onDone={(made) => {
            setAdding(false);
            setSecret(made);
          }}
          onCancel={() => setAdding(false)}
        />
      </Modal>
      <SecretDialog
        value={secret}
        title="Signing secret"
        about="The receiver checks the header webhook-signature with it (Standard Webhooks)."
        onClose={() => setSecret(null)}
      />
    </Page>
  );
}

const REASONS: Record<string, string> = {
  MANUAL: "Disabled",
  GONE: "Disabled: the address is gone",
  FAILING: "Disabled: failed for 5 days",
};

export function WebhookState({ webhook }: { webhook: Webhook }) {
  if (webhook.disabled) return <Dot color={null}>{REASONS[webhook.disabledReason ?? ""] ?? "Disabled"}</Dot>;
  if (webhook.failingSince) {
    return (
      <Dot color="var(--desk-late)">
        Failing since <Age at={webhook.failingSince} />
      </Dot>
    );
  }
  return <Dot color="var(--desk-good)">Active</Dot>;
}

const EMPTY = { url: "", events: ["*"] };

function NewWebhook({ onDone, onCancel }: { onDone: (secret: string) => void; onCancel: () => void }) {
  const form = useKeptForm("webhook", { initialValues: EMPTY });
  const once = useOnceKey();
  const queries = useQueryClient();
  const add = useSending("post", "/api/webhooks", {
    onSuccess: ({ secret }) => {
      once.done();
      form.settle();
      void queries.invalidateQueries({ queryKey: WEBHOOKS });
      onDone(secret);
    },
    onError: (error) => {
      const rest = showAtFields(form, gathered(Problem.of(error)), (field) => field in EMPTY);
      if (rest) showProblem("The webhook was not made", rest);
    },
  });
  const submit = form.onSubmit(({ url, events }) => {
    if (add.isPending) return;
    const body = { url: url.trim(), events, disabled: false };
    add.mutate({ params: { header: { "Idempotency-Key": once.keyFor(body) } }, body });
  });
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="sm">
        <TextInput label="Address" type="url" placeholder="https://…" data-autofocus {...form.getInputProps("url")} />
        <MultiSelect label="Events" data={EVENTS} {...form.getInputProps("events")} />
        <Group justify="flex-end" mt="xs">
          <Button variant="default" size="sm" onClick={onCancel}>
            Cancel
          </Button>
          <Button type="submit" size="sm" loading={add.isPending}>
            Make the webhook
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

export function Managed() {
  return (
    <Alert color="indigo" variant="outline" mb="md">
      <Text size="sm">The operator set this webhook (AI_WEBHOOK_URL). Here it can only be disabled and enabled.</Text>
    </Alert>
  );
}
