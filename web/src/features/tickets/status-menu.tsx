import { Button, Menu } from "@mantine/core";
import { ChevronDown } from "lucide-react";
import type { Choice, TicketDetail } from "~/api/client";
import { useLookups } from "~/api/queries";
import { useMayAct } from "~/api/session";
import { Dot } from "~/components/dot";
import { useChange } from "./change";
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
  const change = useChange();
  const status = statuses.find(({ key }) => key === ticket.status);
  const shown = <Dot color={status?.color}>{status?.label ?? ticket.status}</Dot>;
  if (!mayAct) return shown;
  return (
    <Menu position="bottom-start">
      <Menu.Target>
        <Button
          variant="default"
          size="compact-sm"
          className={classes.status}
          rightSection={<ChevronDown size={12} aria-hidden />}
        >
          {shown}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {statuses
          .filter((choice) => mayFollow(ticket.status, choice, statuses))
          .map((choice) => (
            <Menu.Item key={choice.key} onClick={() => void change([ticket], { type: "status", value: choice.key })}>
              <Dot color={choice.color}>{choice.label}</Dot>
            </Menu.Item>
          ))}
      </Menu.Dropdown>
    </Menu>
  );
}
