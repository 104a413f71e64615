import { ActionIcon, Button, Menu, Tooltip } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { Check, Clock, Ellipsis, Pause, Phone, RotateCcw, UserPlus } from "lucide-react";
import { Suspense, lazy, useState } from "react";
import type { TicketDetail } from "~/api/client";
import { useLookups } from "~/api/queries";
import { useMayAct, useUser } from "~/api/session";
import { Dot } from "~/components/dot";
import { RecordHeader } from "~/components/record-page";
import { useNow } from "~/components/time";
import { showDone } from "~/components/toast";
import { copy } from "~/lib/clipboard";
import { initials } from "~/lib/text";
import { useOthers } from "~/live/presence";
import { useChange } from "./change";
import { askFor } from "./commands";
import { clock } from "./sla";
import { StatusMenu } from "./status-menu";
import classes from "./ticket.module.css";

const Escalate = lazy(async () => ({ default: (await import("./escalate")).Escalate }));
const Merge = lazy(async () => ({ default: (await import("./merge")).Merge }));

export function TicketHeader({ ticket }: { ticket: TicketDetail }) {
  const { priorities } = useLookups();
  const mayAct = useMayAct();
  const priority = priorities.find(({ key }) => key === ticket.priority);
  const shown = <Dot color={priority?.color}>{priority?.label ?? ticket.priority}</Dot>;
  return (
    <RecordHeader list="/tickets" title={ticket.subject}>
      <span className={classes.label}>{ticket.label}</span>
      <StatusMenu ticket={ticket} />
      {mayAct ? (
        <Button
          variant="subtle"
          color="gray"
          size="compact-sm"
          className={classes.mark}
          title="Change the priority  P"
          aria-label={`Priority: ${priority?.label ?? ticket.priority}`}
          onClick={() => askFor("priority", [ticket])}
        >
          {shown}
        </Button>
      ) : (
        shown
      )}
      <Sla ticket={ticket} />
      {ticket.callId && (
        <Link className={classes.from} to="/calls/$call" params={{ call: ticket.callId }} search={{ turn: "ticket" }}>
          <Phone size={13} aria-hidden /> From a call
        </Link>
      )}
      <Others ticketId={ticket.id} />
      {mayAct && <Actions ticket={ticket} />}
    </RecordHeader>
  );
}

function Sla({ ticket }: { ticket: TicketDetail }) {
  const sla = clock(ticket, useNow());
  if (!sla) return null;
  const Icon = sla.level === "paused" ? Pause : Clock;
  return (
    <span className={classes.clock} data-level={sla.level}>
      <Icon size={13} aria-hidden /> {sla.text}
    </span>
  );
}

/** Who else looks at the ticket right now. */
function Others({ ticketId }: { ticketId: string }) {
  const others = useOthers(ticketId);
  if (others.length === 0) return null;
  return (
    <span className={classes.others} role="group" aria-label="Also here">
      {others.slice(0, 4).map(({ userId, name, isTyping }) => {
        const text = isTyping ? `${name} is writing` : `${name} is looking at this ticket`;
        return (
          <Tooltip key={userId} label={text}>
            <span className={classes.other} data-typing={isTyping || undefined} role="img" aria-label={text}>
              {initials(name)}
            </span>
          </Tooltip>
        );
      })}
      {others.length > 4 && <span>+{others.length - 4}</span>}
    </span>
  );
}

type Dialog = "escalate" | "merge" | null;

function Actions({ ticket }: { ticket: TicketDetail }) {
  const { statuses } = useLookups();
  const user = useUser();
  const change = useChange();
  const [dialog, setDialog] = useState<Dialog>(null);
  const isOpen = statuses.find(({ key }) => key === ticket.status)?.isOpen ?? true;
  const mine = ticket.assignee !== null && ticket.assignee.userId === user?.id;
  const assigned = mine ? "You" : (ticket.assignee?.name ?? "Assign");
  return (
    <span className={classes.actions}>
      <Button
        variant="default"
        title="Assign  A"
        aria-label={ticket.assignee ? `Assigned to ${assigned}` : "Assign"}
        className={classes.assign}
        leftSection={<UserPlus size={14} aria-hidden />}
        onClick={() => askFor("assign", [ticket])}
      >
        {assigned}
      </Button>
      <Button
        variant="default"
        title={isOpen ? "Resolve  E" : "Open again"}
        leftSection={isOpen ? <Check size={14} aria-hidden /> : <RotateCcw size={14} aria-hidden />}
        onClick={() => void change([ticket], { type: "status", value: isOpen ? "RESOLVED" : "OPEN" })}
      >
        {isOpen ? "Resolve" : "Reopen"}
      </Button>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon variant="default" size={30} aria-label="More actions">
            <Ellipsis size={15} aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {isOpen && <Menu.Item onClick={() => setDialog("escalate")}>Escalate…</Menu.Item>}
          <Menu.Item onClick={() => askFor("tag", [ticket])}>Tag…</Menu.Item>
          {!ticket.mergedIntoId && <Menu.Item onClick={() => setDialog("merge")}>Merge into another ticket…</Menu.Item>}
          <Menu.Divider />
          <Menu.Item
            onClick={() => {
              const address = `${location.origin}/tickets/${ticket.label}`;
              void copy(address).then((done) => done && showDone("Link copied"));
            }}
          >
            Copy link
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Suspense>
        {dialog === "escalate" && <Escalate ticket={ticket} onClose={() => setDialog(null)} />}
        {dialog === "merge" && <Merge ticket={ticket} onClose={() => setDialog(null)} />}
      </Suspense>
    </span>
  );
}
