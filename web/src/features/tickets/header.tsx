import { ActionIcon } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { ArrowLeft, Clock } from "lucide-react";
import type { TicketDetail } from "~/api/client";
import { useLookups } from "~/api/queries";
import { Dot } from "~/components/dot";
import { useNow } from "~/components/time";
import { clock } from "./sla";
import { StatusMenu } from "./status-menu";
import classes from "./ticket.module.css";

export function TicketHeader({ ticket }: { ticket: TicketDetail }) {
  const { priorities } = useLookups();
  const sla = clock(ticket, useNow());
  const priority = priorities.find(({ key }) => key === ticket.priority);
  return (
    <header className={classes.header}>
      <div className={classes.marks}>
        <ActionIcon
          className={classes.back}
          aria-label="Back to the list"
          renderRoot={(props) => <Link to="/tickets" search={(search) => search} {...props} />}
        >
          <ArrowLeft size={16} aria-hidden />
        </ActionIcon>
        <span className={classes.label}>{ticket.label}</span>
        <StatusMenu ticket={ticket} />
        <Dot color={priority?.color}>{priority?.label ?? ticket.priority}</Dot>
        {sla && (
          <span className={classes.clock} data-level={sla.level}>
            <Clock size={13} aria-hidden /> {sla.text}
          </span>
        )}
      </div>
      <h1 className={classes.subject}>{ticket.subject}</h1>
    </header>
  );
}
