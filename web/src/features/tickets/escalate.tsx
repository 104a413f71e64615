import { Button, Group, Modal, Select, Textarea } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQueryClient } from "@tanstack/react-query";
import { type TicketDetail } from "~/api/client";
import { Problem } from "~/api/problem";
import { useSupportAgents } from "~/api/queries";
import { useSending } from "~/api/sending";
import { showDone, showProblem } from "~/components/toast";
import { useOnceKey } from "~/lib/once";
import { useReturnFocus } from "~/lib/return-focus";

const EMPTY = { reason: "", toAgentId: "", level: "1" };

/** Hands a ticket on to somebody who can do more, and says why. */
export function Escalate({ ticket, onClose }: { ticket: TicketDetail; onClose: () => void }) {
  useReturnFocus();
  const agents = useSupportAgents();
  const form = useForm({ initialValues: EMPTY });
  const once = useOnceKey();
  const queries = useQueryClient();
  const escalate = useSending("post", "/api/tickets/{id}/escalate", {
    onSuccess: () => {
      once.done();
      onClose();
      showDone(`${ticket.label} is escalated`);
      void queries.invalidateQueries({ queryKey: ["get"] });
    },
    onError: (error) => {
      const problem = Problem.of(error);
      form.setErrors(problem.byField());
      if (problem.fields.length === 0) showProblem(`${ticket.label} was not escalated`, problem);
    },
  });
  const submit = form.onSubmit(({ reason, toAgentId, level }) => {
    if (escalate.isPending) return;
    const body = { reason, toAgentId: toAgentId || undefined, level: Number(level) };
    const header = { "Idempotency-Key": once.keyFor(body) };
    escalate.mutate({ params: { path: { id: ticket.id }, header }, body });
  });
  return (
    <Modal opened onClose={onClose} title={`Escalate ${ticket.label}`} closeButtonProps={{ "aria-label": "Close" }}>
      <form onSubmit={submit} noValidate>
        <Textarea
          data-autofocus
          label="Reason"
          placeholder="What is needed, and what was tried"
          autosize
          minRows={3}
          {...form.getInputProps("reason")}
        />
        <Group grow mt="sm" align="start">
          <Select
            label="To"
            placeholder="Whoever takes it"
            clearable
            searchable
            data={agents.filter(({ kind }) => kind !== "BOT").map(({ id, name }) => ({ value: id, label: name }))}
            value={form.values.toAgentId || null}
            error={form.errors.toAgentId}
            onChange={(value) => form.setFieldValue("toAgentId", value ?? "")}
          />
          <Select label="Level" allowDeselect={false} data={["1", "2", "3"]} {...form.getInputProps("level")} />
        </Group>
        <Group justify="flex-end" mt="md">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={escalate.isPending}>
            Escalate
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
