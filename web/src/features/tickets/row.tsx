import { Checkbox } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { Globe, type LucideIcon, Mail, MessageSquare, Phone, Plug } from "lucide-react";
import { memo } from "react";
import type { TicketLine } from "~/api/client";
import { useLookups } from "~/api/queries";
import { Dot } from "~/components/dot";
import { Age, useNow } from "~/components/time";
import { Marked } from "~/components/marked";
import { initials } from "~/lib/text";
import classes from "~/components/list.module.css";
import type { TicketSearch } from "./search";
import { clock } from "./sla";

const CHANNELS: Record<string, LucideIcon> = {
  WEB: Globe,
  EMAIL: Mail,
  CHAT: MessageSquare,
  PHONE: Phone,
  API: Plug,
};

interface Props {
  ticket: TicketLine;
  search: TicketSearch;
  selected: boolean;
  /** Whether anything is selected: then every row shows its box. */
  selecting: boolean;
  mayAct: boolean;
  onSelect: (id: string, range: boolean) => void;
}

/** One ticket of the list: who, what, where from, how urgent, how late. */
export const Row = memo(function Row({ ticket, search, selected, selecting, mayAct, onSelect }: Props) {
  const { statuses, priorities, channels } = useLookups();
  const status = statuses.find(({ key }) => key === ticket.status);
  const priority = priorities.find(({ key }) => key === ticket.priority);
  const sla = clock(ticket, useNow());
  const pressing = sla && sla.level !== "calm" ? sla : null;
  const isUrgent = ticket.priority === "URGENT" && status?.isOpen;
  const Channel = CHANNELS[ticket.channel] ?? Globe;
  return (
    <div className={classes.rowBox} data-selected={selected || undefined} data-selecting={selecting || undefined}>
      {mayAct && (
        <Checkbox
          size="xs"
          className={classes.check}
          aria-label={`Select ${ticket.label}`}
          tabIndex={-1}
          checked={selected}
          onChange={() => undefined}
          onClick={(event) => onSelect(ticket.id, event.shiftKey)}
        />
      )}
      <Link
        to="/tickets/$ticket"
        params={{ ticket: ticket.label }}
        search={search}
        className={classes.row}
        data-row={ticket.id}
        data-done={status?.isOpen === false || undefined}
        draggable={false}
        onClick={(event) => {
          if (!event.shiftKey || !mayAct) return;
          event.preventDefault();
          onSelect(ticket.id, true);
        }}
      >
        <span className={classes.line}>
          <span className={classes.who}>{ticket.contact?.name ?? "No contact"}</span>
          <span className={classes.when}>
            <Channel
              size={13}
              aria-label={channels.find(({ key }) => key === ticket.channel)?.label ?? ticket.channel}
              role="img"
            />
            <Age at={ticket.lastMessageAt ?? ticket.createdAt} short />
          </span>
        </span>
        <span className={classes.subject}>
          <Marked text={ticket.subject} words={search.q} />
        </span>
        <span className={classes.line}>
          <span className={classes.organization}>
            {search.q ? <Marked text={ticket.label} words={search.q} /> : (ticket.organization?.name ?? ticket.label)}
          </span>
          <span className={classes.marks}>
            {pressing && <span className={classes[pressing.level]}>{pressing.text}</span>}
            {isUrgent && <Dot color={priority?.color}>{priority?.label}</Dot>}
            {!pressing && !isUrgent && <Dot color={status?.color}>{status?.label ?? ticket.status}</Dot>}
            {ticket.assignee && (
              <span className={classes.assignee} title={`Assigned to ${ticket.assignee.name}`}>
                {initials(ticket.assignee.name)}
              </span>
            )}
          </span>
        </span>
      </Link>
    </div>
  );
});
