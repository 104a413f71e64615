import { Button, Code, Group, Modal, MultiSelect, Select, Stack, Table, Text, TextInput, Title } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { ArrowLeft, PlugZap, Send } from "lucide-react";
import { useState } from "react";
import { type Schemas, api, client } from "~/api/client";
import { Problem } from "~/api/problem";
import { useSending } from "~/api/sending";
import { Confirm } from "~/components/confirm";
import { Dot } from "~/components/dot";
import { Empty } from "~/components/empty";
import { Listing } from "~/components/listing";
import { Page } from "~/components/page";
import { Failure } from "~/components/route-error";
import { SecretDialog } from "~/components/secret";
import { StaleNotice } from "~/components/stale";
import { DataTable, TableSkeleton } from "~/components/table";
import { Age } from "~/components/time";
import { showDone, showProblem } from "~/components/toast";
import { UnsavedGuard } from "~/components/unsaved-guard";
import { showAtFields, useKeptForm } from "~/lib/kept-form";
import { usePages } from "~/lib/pages";
import { gathered } from "~/lib/record";
import { duration } from "~/lib/time";
import { EVENTS, Managed, WEBHOOKS, type Webhook, WebhookState } from "./webhooks";

type Line = Schemas["DeliveryLine"];

/** One endpoint: what it gets, how that went, and sending again. */
export function WebhookPage({ id }: { id: string }) {
  const { data, error, refetch } = useQuery(
    api.queryOptions("get", "/api/webhooks/{id}", { params: { path: { id } } }),
  );
  if (data) return <Loaded webhook={data} />;
  return (
    <Page title="Webhook">
      {error ? <Failure error={error} onRetry={() => void refetch()} /> : <TableSkeleton label="the webhook" />}
    </Page>
  );
}

function Loaded({ webhook }: { webhook: Webhook }) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [secret, setSecret] = useState<string | null>(null);
  const [asking, setAsking] = useState<"delete" | "rotate" | null>(null);
  const path = { id: webhook.id };
  const refresh = () => {
    void queries.invalidateQueries({ queryKey: ["get", "/api/webhooks/{id}"] });
    void queries.invalidateQueries({ queryKey: WEBHOOKS });
    return queries.invalidateQueries({ queryKey: ["get", "/api/webhooks/{id}/deliveries", webhook.id] });
  };
  const patch = useSending("patch", "/api/webhooks/{id}", { onSettled: refresh });
  const setDisabled = (disabled: boolean) => patch.mutateAsync({ params: { path }, body: { disabled } });
  const toggle = async () => {
    try {
      await setDisabled(!webhook.disabled);
      showDone(webhook.disabled ? "Enabled: what waits goes out" : "Disabled", () => setDisabled(webhook.disabled));
    } catch (error) {
      showProblem("The webhook was not changed", error);
    }
  };
  const test = useSending("post", "/api/webhooks/{id}/test", {
    onSuccess: () => showDone("A test event is on its way; how it went is in the list"),
    onError: (error) => showProblem("The test was not sent", error),
    onSettled: refresh,
  });
  const rotate = useSending("post", "/api/webhooks/{id}/rotate-secret", {
    onSuccess: (made) => {
      setAsking(null);
      setSecret(made.secret);
    },
    onError: (error) => showProblem("The secret was not changed", error),
    onSettled: refresh,
  });
  const remove = useSending("delete", "/api/webhooks/{id}", {
    onSuccess: () => {
      showDone("The webhook is deleted");
      void queries.invalidateQueries({ queryKey: WEBHOOKS });
      void navigate({ to: "/settings/webhooks" });
    },
    onError: (error) => showProblem("The webhook was not deleted", error),
  });
  return (
    <Page
      title={webhook.url}
      about={<WebhookState webhook={webhook} />}
      actions={
        <>
          <Button
            variant="default"
            leftSection={<ArrowLeft size={14} aria-hidden />}
            renderRoot={(props) => <Link to="/settings/webhooks" {...props} />}
          >
            All webhooks
          </Button>
          <Button
            variant="default"
            leftSection={<PlugZap size={14} aria-hidden />}
            loading={test.isPending}
            disabled={webhook.disabled}
            onClick={() => test.mutate({ params: { path }, body: {} })}
          >
            Send a test
          </Button>
          <Button variant="default" loading={patch.isPending} onClick={() => void toggle()}>
            {webhook.disabled ? "Enable" : "Disable"}
          </Button>
          {!webhook.isManaged && (
            <>
              <Button variant="default" onClick={() => setAsking("rotate")}>
                New secret…
              </Button>
              <Button variant="default" onClick={() => setAsking("delete")}>
                Delete…
              </Button>
            </>
          )}
        </>
      }
    >
      {webhook.isManaged ? <Managed /> : <Settings key={webhook.id} webhook={webhook} onSaved={refresh} />}
      {webhook.previousSecretUntil && (
        <Text size="sm" c="dimmed" mt="sm">
          Deliveries carry the signature of the old secret too; that ends <Age at={webhook.previousSecretUntil} />.
        </Text>
      )}
      <Deliveries webhook={webhook} />
      <SecretDialog
        value={secret}
        title="Signing secret"
        about="For 24 hours deliveries carry the signatures of both secrets, so that the receiver can change over."
        onClose={() => setSecret(null)}
      />
      <Confirm
        opened={asking === "rotate"}
        title="Make a new secret?"
        action="Make a new secret"
        busy={rotate.isPending}
        onClose={() => setAsking(null)}
        onConfirm={() => !rotate.isPending && rotate.mutate({ params: { path }, body: {} })}
      >
        The old one works for 24 hours more.
      </Confirm>
      <Confirm
        opened={asking === "delete"}
        title="Delete this webhook?"
        action="Delete"
        busy={remove.isPending}
        onClose={() => setAsking(null)}
        onConfirm={() => !remove.isPending && remove.mutate({ params: { path } })}
      >
        Its deliveries are gone too, and nothing more is sent. This cannot be undone.
      </Confirm>
    </Page>
  );
}

function Settings({ webhook, onSaved }: { webhook: Webhook; onSaved: () => unknown }) {
  const [version, setVersion] = useState(webhook.version);
  const [theirs, setTheirs] = useState<Webhook | null>(null);
  const valuesOf = ({ url, events }: Webhook) => ({ url, events });
  const form = useKeptForm(`webhook.${webhook.id}`, { initialValues: valuesOf(webhook) });
  const accept = (row: Webhook) => {
    setVersion(row.version);
    setTheirs(null);
    form.settle(valuesOf(row));
    onSaved();
  };
  const save = useSending("patch", "/api/webhooks/{id}", {
    onSuccess: (row) => {
      accept(row);
      showDone("The webhook is saved");
    },
    onError: (error) => {
      const problem = Problem.of(error);
      if (problem.code === "stale_version") return setTheirs(problem.current as Webhook);
      const rest = showAtFields(form, gathered(problem), (field) => field in form.values);
      if (rest) showProblem("The webhook was not saved", rest);
    },
  });
  const send = (over: number) => {
    if (save.isPending) return;
    save.mutate({ params: { path: { id: webhook.id } }, body: { ...form.values, version: over } });
  };
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        send(version);
      }}
    >
      {theirs && <StaleNotice what="webhook" onMine={() => send(theirs.version)} onTheirs={() => accept(theirs)} />}
      <Stack gap="sm" maw={560}>
        <TextInput label="Address" type="url" {...form.getInputProps("url")} />
        <MultiSelect label="Events" data={EVENTS} {...form.getInputProps("events")} />
        <Group>
          <Button type="submit" size="sm" loading={save.isPending} disabled={!form.isDirty()}>
            Save
          </Button>
        </Group>
      </Stack>
      <UnsavedGuard dirty={form.isDirty()} onDiscard={() => form.settle()} />
    </form>
  );
}

const STATES: Record<string, [string, string]> = {
  PENDING: ["var(--desk-wait)", "Waiting"],
  DELIVERED: ["var(--desk-good)", "Delivered"],
  FAILED: ["var(--desk-late)", "Failed"],
};

function Deliveries({ webhook }: { webhook: Webhook }) {
  const [state, setState] = useState<string | null>(null);
  const [open, setOpen] = useState<Line | null>(null);
  const list = usePages(["get", "/api/webhooks/{id}/deliveries", webhook.id, state], (at, signal) =>
    client.GET("/api/webhooks/{id}/deliveries", {
      params: { path: { id: webhook.id }, query: { limit: 50, ...(state && { state: [state] }), ...at } },
      signal,
    }),
  );
  return (
    <>
      <Group justify="space-between" mt="xl" mb="xs">
        <Title order={2}>Deliveries</Title>
        <Group gap="xs">
          <Select
            size="xs"
            aria-label="State of the deliveries"
            placeholder="Any state"
            clearable
            w={150}
            data={Object.entries(STATES).map(([value, [, label]]) => ({ value, label }))}
            value={state}
            onChange={setState}
          />
          <Button variant="default" onClick={() => void list.refetch()} loading={list.isRefetching}>
            Refresh
          </Button>
        </Group>
      </Group>
      <Listing
        list={list}
        label="deliveries"
        empty={
          <Empty icon={Send} title="Nothing was sent yet">
            Each event that this webhook asks for shows up here, with the request, the answer and how long it took.
          </Empty>
        }
      >
        {(items) => (
          <DataTable label="Deliveries" columns={["When", "Event", "State", "Answer", "Tries", ""]}>
            {items.map((line) => (
              <Table.Tr key={line.id}>
                <Table.Td>
                  <Age at={line.createdAt} />
                </Table.Td>
                <Table.Td fw={600}>{line.type}</Table.Td>
                <Table.Td>
                  <Dot color={STATES[line.state]?.[0]}>{STATES[line.state]?.[1] ?? line.state}</Dot>
                </Table.Td>
                <Table.Td>{answerOf(line)}</Table.Td>
                <Table.Td>{line.attempts}</Table.Td>
                <Table.Td ta="right">
                  <Button
                    variant="default"
                    size="compact-sm"
                    aria-label={`Show the delivery of ${line.type}, number ${String(line.seq)}`}
                    onClick={() => setOpen(line)}
                  >
                    Show
                  </Button>
                </Table.Td>
              </Table.Tr>
            ))}
          </DataTable>
        )}
      </Listing>
      <Modal
        opened={open !== null}
        onClose={() => setOpen(null)}
        title={`Delivery of ${open?.type ?? ""}`}
        size="xl"
        closeButtonProps={{ "aria-label": "Close" }}
      >
        {open && <Delivery line={open} onDone={() => void list.refetch()} />}
      </Modal>
    </>
  );
}

function answerOf(line: Line): string {
  const took = line.durationMs === null ? "" : ` in ${duration(line.durationMs)}`;
  if (line.responseStatus !== null) return `${String(line.responseStatus)}${took}`;
  return line.lastError ?? "None yet";
}

function Delivery({ line, onDone }: { line: Line; onDone: () => void }) {
  const path = { id: line.webhookId, deliveryId: line.id };
  const query = api.queryOptions("get", "/api/webhooks/{id}/deliveries/{deliveryId}", { params: { path } });
  const { data, error, refetch } = useQuery(query);
  const again = useSending("post", "/api/webhooks/{id}/deliveries/{deliveryId}/redeliver", {
    onSuccess: () => showDone("It is sent again, with the same id and body"),
    onError: (failed) => showProblem("It was not sent again", failed),
    onSettled: () => {
      void refetch();
      onDone();
    },
  });
  if (!data) return error ? <Failure error={error} onRetry={() => void refetch()} /> : <TableSkeleton label="it" />;
  return (
    <Stack gap="sm">
      <Text size="sm">
        <Dot color={STATES[data.state]?.[0]}>{STATES[data.state]?.[1] ?? data.state}</Dot> · {answerOf(data)} ·
        webhook-id <Code>{data.eventId}</Code>
        {data.nextAttemptAt && (
          <>
            {" "}
            · next try{" "}
            <time dateTime={data.nextAttemptAt}>{new Date(data.nextAttemptAt).toLocaleTimeString("en")}</time>
          </>
        )}
      </Text>
      {data.lastError && <Text size="sm">{data.lastError}</Text>}
      <Body title="Request" text={data.requestBody} />
      <Body title="Answer" text={data.responseBody ?? ""} />
      <Group justify="flex-end">
        <Button size="sm" loading={again.isPending} onClick={() => again.mutate({ params: { path }, body: {} })}>
          Send again
        </Button>
      </Group>
    </Stack>
  );
}

function Body({ title, text }: { title: string; text: string }) {
  return (
    <section>
      <Title order={3} mb={4}>
        {title}
      </Title>
      <Code block tabIndex={0} role="region" aria-label={title} mah={260}>
        {pretty(text) || "Empty"}
      </Code>
    </section>
  );
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
