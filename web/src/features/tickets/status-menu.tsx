import { Button, Menu } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { ChevronDown } from "lucide-react";
import { type Choice, type TicketDetail, api } from "~/api/client";
import { ticketQuery, useLookups } from "~/api/queries";
import { useMayAct } from "~/api/session";
import { Dot } from "~/components/dot";
import { showDone, showProblem } from "~/components/toast";
import classes from "./ticket.module.css";

/** Where a ticket may go next. The server decides; this only leaves out what it would refuse. */
function mayFollow(from: string, to: Choice, statuses: Choice[]): boolean {
  if (to.key === from) return false;
  if (statuses.find(({ key }) => key === from)?.isOpen) return true;
  return to.key === "OPEN" || (from === "RESOLVED" && to.key === "CLOSED");
}

export function StatusMenu({ ticket }: { ticket: TicketDetail }) {
  const { statuses } = useLookups();
  const mayAct = useMayAct();
  const queries = useQueryClient();
  const change = api.useMutation("patch", "/api/tickets/{id}/status", {
    onSuccess: (changed) => {
      queries.setQueryData(ticketQuery(ticket.label).queryKey, changed);
      void queries.invalidateQueries({ queryKey: ["get", "/api/tickets"] });
    },
    onError: (error) => showProblem("The status was not changed", error),
  });
  const status = statuses.find(({ key }) => key === ticket.status);
  const shown = <Dot color={status?.color}>{status?.label ?? ticket.status}</Dot>;
  if (!mayAct) return shown;

  const to = (key: string) => change.mutate({ params: { path: { id: ticket.id } }, body: { status: key } });
  const choose = (choice: Choice) => {
    const before = ticket.status;
    change.mutate(
      { params: { path: { id: ticket.id } }, body: { status: choice.key } },
      // A resolved or closed ticket may go back for ten minutes, far longer than the toast stays.
      { onSuccess: () => showDone(`Status: ${choice.label}`, () => to(before)) },
    );
  };
  return (
    <Menu position="bottom-start">
      <Menu.Target>
        <Button
          variant="default"
          size="compact-sm"
          className={classes.status}
          disabled={change.isPending}
          rightSection={<ChevronDown size={12} aria-hidden />}
        >
          {shown}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {statuses
          .filter((choice) => mayFollow(ticket.status, choice, statuses))
          .map((choice) => (
            <Menu.Item key={choice.key} onClick={() => choose(choice)}>
              <Dot color={choice.color}>{choice.label}</Dot>
            </Menu.Item>
          ))}
      </Menu.Dropdown>
    </Menu>
  );
}
