import { Button, Group, Modal, Select, Stack, TagsInput, Textarea, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { contactsOf, devicesOf, organizations } from "~/api/choices";
import { type TicketDetail, client } from "~/api/client";
import { Problem } from "~/api/problem";
import { useLookups } from "~/api/queries";
import { Choice, choices } from "~/components/choice";
import { Refusal } from "~/components/refusal";
import { RemoteChoice } from "~/components/remote-choice";
import { Restored } from "~/components/restored";
import { showDone } from "~/components/toast";
import { useFlight } from "~/lib/flight";
import { showAtFields, useKeptForm } from "~/lib/kept-form";
import { useOnceKey } from "~/lib/once";
import { gathered } from "~/lib/record";
import { lineOf } from "./lines";
import { addRow } from "./use-ticket-list";

interface Props {
  opened: boolean;
  onClose: () => void;
}

/** Opens a ticket. What is wrong is told at the field, in the server's words. */
export function NewTicket({ opened, onClose }: Props) {
  return (
    <Modal opened={opened} onClose={onClose} title="New ticket" size="lg" closeButtonProps={{ "aria-label": "Close" }}>
      <NewTicketForm onDone={onClose} />
    </Modal>
  );
}

const EMPTY = {
  subject: "",
  message: "",
  priority: "MEDIUM",
  channel: "WEB",
  productArea: "",
  organizationId: "",
  contactId: "",
  deviceId: "",
  tags: [] as string[],
};

function NewTicketForm({ onDone }: { onDone: () => void }) {
  const { priorities, channels, productAreas } = useLookups();
  const form = useKeptForm("new ticket", { initialValues: EMPTY });
  const [problem, setProblem] = useState<Problem | null>(null);
  const once = useOnceKey();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const { fly, busy } = useFlight();
  const submit = form.onSubmit(({ productArea, organizationId, contactId, deviceId, ...values }) => {
    const body = {
      ...values,
      productArea: productArea || null,
      organizationId: organizationId || null,
      contactId: contactId || null,
      deviceId: deviceId || null,
    };
    void fly(async () => {
      setProblem(null);
      try {
        const params = { header: { "Idempotency-Key": once.keyFor(body) } };
        const { data } = await client.POST("/api/tickets", { params, body });
        // Failures are thrown by the client.
        const ticket = data as TicketDetail;
        once.done();
        form.settle();
        onDone();
        showDone(`${ticket.label} is open`);
        addRow(queries, lineOf(ticket));
        void navigate({ to: "/tickets/$ticket", params: { ticket: ticket.label }, search: (search) => search });
      } catch (error) {
        setProblem(showAtFields(form, gathered(Problem.of(error)), (field) => field in EMPTY));
      }
    });
  });
  const { organizationId } = form.values;
  return (
    <form onSubmit={submit} noValidate>
      <Restored form={form} />
      <Stack gap="sm">
        <TextInput label="Subject" data-autofocus {...form.getInputProps("subject")} />
        <Textarea label="Message" autosize minRows={4} maxRows={12} {...form.getInputProps("message")} />
        <RemoteChoice
          label="Organization"
          placeholder="Not known"
          among={["organizations"]}
          load={organizations}
          {...form.getInputProps("organizationId")}
          onChange={(next) => form.setValues({ organizationId: next, contactId: "", deviceId: "" })}
        />
        {organizationId !== "" && (
          <Group grow align="start" key={organizationId}>
            <RemoteChoice
              label="Contact"
              placeholder="Not known"
              among={["contacts", organizationId]}
              load={contactsOf(organizationId)}
              {...form.getInputProps("contactId")}
            />
            <RemoteChoice
              label="Device"
              placeholder="None"
              among={["devices", organizationId]}
              load={devicesOf(organizationId)}
              {...form.getInputProps("deviceId")}
            />
          </Group>
        )}
        <Group grow align="start">
          <Select
            label="Priority"
            allowDeselect={false}
            data={choices(priorities)}
            {...form.getInputProps("priority")}
          />
          <Select label="Channel" allowDeselect={false} data={choices(channels)} {...form.getInputProps("channel")} />
          <Choice label="Product area" placeholder="None" data={productAreas} {...form.getInputProps("productArea")} />
        </Group>
        <TagsInput label="Tags" placeholder="Enter adds one" {...form.getInputProps("tags")} />
        <Refusal problem={problem} />
        <Group justify="flex-end" mt="xs">
          <Button
            variant="default"
            size="sm"
            onClick={() => {
              form.settle();
              onDone();
            }}
          >
            Cancel
          </Button>
          <Button type="submit" size="sm" loading={busy}>
            Open ticket
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
