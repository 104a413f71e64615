import { ActionIcon, Button } from "@mantine/core";
import { Plus } from "lucide-react";
import { type ReactNode, Suspense, lazy, useState } from "react";
import { useMayAct } from "~/api/session";
import { Brand } from "~/components/brand";
import { UserMenu } from "~/features/session/user-menu";
import { TicketViews } from "~/features/tickets/views";
import { useShortcuts } from "~/lib/shortcuts";
import { useConnection } from "~/live/socket";
import { useLive } from "~/live/use-live";
import classes from "./shell.module.css";

// Dialogs come when they are first wanted.
const NewTicket = lazy(async () => ({ default: (await import("~/features/tickets/new-ticket")).NewTicket }));
const Shortcuts = lazy(async () => ({ default: (await import("./shortcut-sheet")).ShortcutSheet }));

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
          <TicketViews />
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
