import { ActionIcon, Button } from "@mantine/core";
import { CircleCheck, CircleDot, Flag, Tag, UserPlus, X } from "lucide-react";
import type { TicketLine } from "~/api/client";
import { useChange } from "./change";
import { askFor } from "./commands";
import classes from "~/components/list.module.css";

interface Props {
  targets: TicketLine[];
  onClear: () => void;
}

/** What can be done with the chosen tickets at once. */
export function BulkBar({ targets, onClear }: Props) {
  const change = useChange();
  return (
    <div className={classes.bulk} role="toolbar" aria-label="Chosen tickets">
      <span className={classes.chosen} role="status">
        {targets.length} selected
      </span>
      <Button
        variant="default"
        size="compact-xs"
        leftSection={<CircleCheck size={13} aria-hidden />}
        onClick={() => void change(targets, { type: "status", value: "CLOSED" })}
      >
        Close
      </Button>
      <BarAction label="Status" icon={CircleDot} onClick={() => askFor("status", targets)} />
      <BarAction label="Priority" icon={Flag} onClick={() => askFor("priority", targets)} />
      <BarAction label="Assign" icon={UserPlus} onClick={() => askFor("assign", targets)} />
      <BarAction label="Tag" icon={Tag} onClick={() => askFor("tag", targets)} />
      <ActionIcon aria-label="Clear the selection" onClick={onClear}>
        <X size={15} aria-hidden />
      </ActionIcon>
    </div>
  );
}

interface BarProps {
  label: string;
  icon: typeof X;
  onClick: () => void;
}

function BarAction({ label, icon: Icon, onClick }: BarProps) {
  return (
    <ActionIcon aria-label={`${label} of the selected tickets`} title={label} onClick={onClick}>
      <Icon size={15} aria-hidden />
    </ActionIcon>
  );
}
