import { ActionIcon, Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { CircleCheck, Flame, Hourglass, Inbox, type LucideIcon, Plus, Rows3 } from "lucide-react";
import { type ReactNode, Suspense, lazy, useState } from "react";
import { useMayAct } from "~/api/session";
import { Brand } from "~/components/brand";
import { UserMenu } from "~/features/session/user-menu";
import { useShortcuts } from "~/lib/shortcuts";
import { useConnection } from "~/live/socket";
import { useLive } from "~/live/use-live";
import classes from "./shell.module.css";

// Dialogs come when they are first wanted.
const NewTicket = lazy(async () => ({ default: (await import("~/features/tickets/new-ticket")).NewTicket }));
const Shortcuts = lazy(async () => ({ default: (await import("./shortcut-sheet")).ShortcutSheet }));

const VIEWS: { name: string; icon: LucideIcon; status?: string; priority?: string }[] = [
  { name: "Open", icon: Inbox, status: "OPEN,IN_PROGRESS,WAITING_ON_CUSTOMER,ESCALATED" },
  { name: "Urgent", icon: Flame, status: "OPEN,IN_PROGRESS,WAITING_ON_CUSTOMER,ESCALATED", priority: "URGENT" },
  { name: "Waiting", icon: Hourglass, status: "WAITING_ON_CUSTOMER" },
  { name: "Done", icon: CircleCheck, status: "RESOLVED,CLOSED" },
  { name: "All tickets", icon: Rows3 },
];

type Dialog = "new ticket" | "shortcuts" | null;

/** Around every page: where to go, and who is there. */
export function Shell({ children }: { children: ReactNode }) {
  useLive();
  const mayAct = useMayAct();
  // A dialog that was opened once stays, closed, so that it can fade.
  const [dialog, setDialog] = useState<Dialog>(null);
  const [seen, setSeen] = useState<Dialog[]>([]);
  const show = (wanted: Dialog) => {
    setSeen((before) => (before.includes(wanted) ? before : [...before, wanted]));
    setDialog(wanted);
  };
  const close = () => setDialog(null);
  useShortcuts({ c: () => mayAct && show("new ticket"), "?": () => show("shortcuts") });
  return (
    <div className={classes.shell}>
      <nav className={classes.nav} aria-label="Main">
        <Brand />
        {mayAct && (
          <>
            <Button
              className={classes.wide}
              variant="default"
              leftSection={<Plus size={14} aria-hidden />}
              onClick={() => show("new ticket")}
            >
              New ticket
            </Button>
            <ActionIcon className={classes.narrow} aria-label="New ticket" onClick={() => show("new ticket")}>
              <Plus size={18} aria-hidden />
            </ActionIcon>
          </>
        )}
        <div className={classes.views}>
          <h2 className={classes.group}>Tickets</h2>
          {VIEWS.map(({ name, icon: Icon, ...search }) => (
            <Link
              key={name}
              to="/tickets"
              search={search}
              activeOptions={{ includeSearch: true, explicitUndefined: true }}
              className={classes.view}
            >
              <Icon size={15} aria-hidden /> {name}
            </Link>
          ))}
        </div>
        <div className={classes.end}>
          <Connection />
          <UserMenu />
        </div>
      </nav>
      <main className={classes.main}>{children}</main>
      <Suspense>
        {seen.includes("new ticket") && <NewTicket opened={dialog === "new ticket"} onClose={close} />}
        {seen.includes("shortcuts") && <Shortcuts opened={dialog === "shortcuts"} onClose={close} />}
      </Suspense>
    </div>
  );
}

/** Only worth a word when live updates do not come. */
function Connection() {
  const connection = useConnection();
  return (
    <p className={classes.connection} role="status" data-connection={connection}>
      {connection === "down" ? "Reconnecting…" : ""}
    </p>
  );
}
