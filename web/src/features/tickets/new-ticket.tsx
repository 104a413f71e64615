import { Button, Group, Modal, Select, Stack, TagsInput, Textarea, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { api } from "~/api/client";
import { Problem } from "~/api/problem";
import { useLookups } from "~/api/queries";
import { showDone, showProblem } from "~/components/toast";
import { useOnceKey } from "~/lib/once";
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

const EMPTY = { subject: "", message: "", priority: "MEDIUM", channel: "WEB", productArea: "", tags: [] as string[] };

function NewTicketForm({ onDone }: { onDone: () => void }) {
  const { priorities, channels, productAreas } = useLookups();
  const form = useForm({ initialValues: EMPTY });
  const once = useOnceKey();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const create = api.useMutation("post", "/api/tickets", {
    onSuccess: (ticket) => {
      once.done();
      onDone();
      showDone(`${ticket.label} is open`);
      addRow(queries, lineOf(ticket));
      void navigate({ to: "/tickets/$ticket", params: { ticket: ticket.label }, search: (search) => search });
    },
    onError: (error) => {
      const problem = Problem.of(error);
      const fields = problem.byField();
      form.setErrors(fields);
      if (!Object.keys(fields).some((field) => field in EMPTY)) showProblem("The ticket was not opened", problem);
    },
  });
  const submit = form.onSubmit(({ productArea, ...values }) => {
    if (create.isPending) return;
    const body = { ...values, productArea: productArea || null };
    create.mutate({ params: { header: { "Idempotency-Key": once.keyFor(body) } }, body });
  });
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="sm">
        <TextInput label="Subject" data-autofocus {...form.getInputProps("subject")} />
        <Textarea label="Message" autosize minRows={4} maxRows={12} {...form.getInputProps("message")} />
        <Group grow>
          <Select
            label="Priority"
            allowDeselect={false}
            data={priorities.map(({ key, label }) => ({ value: key, label }))}
            {...form.getInputProps("priority")}
          />
          <Select
            label="Channel"
            allowDeselect={false}
            data={channels.map(({ key, label }) => ({ value: key, label }))}
            {...form.getInputProps("channel")}
          />
        </Group>
        <Select
          label="Product area"
          placeholder="None"
          clearable
          data={productAreas}
          {...form.getInputProps("productArea")}
          value={form.values.productArea || null}
          onChange={(value) => form.setFieldValue("productArea", value ?? "")}
        />
        <TagsInput label="Tags" placeholder="Enter adds one" {...form.getInputProps("tags")} />
        <Group justify="flex-end" mt="xs">
          <Button variant="default" size="sm" onClick={onDone}>
            Cancel
          </Button>
          <Button type="submit" size="sm" loading={create.isPending}>
            Open ticket
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
