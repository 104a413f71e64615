import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import {
  CircleCheck,
  CircleDot,
  Flag,
  type LucideIcon,
  MessageSquare,
  StickyNote,
  Tag,
  UserPlus,
  Zap,
} from "lucide-react";
import type { TicketDetail, TicketLine } from "~/api/client";
import { ticketQuery } from "~/api/queries";
import { type Command, useCommands } from "~/lib/commands";
import { useWalk } from "~/lib/walk";
import { useChange } from "./change";
import { askFor } from "./commands";
import { wantComposer } from "./composer-wish";
import { lineOf } from "./lines";
import type { TicketSearch } from "./search";

interface Around {
  tickets: TicketLine[];
  /** Label or id of the ticket that is open beside the list. */
  open: string | null;
  chosen: TicketLine[];
  mayAct: boolean;
  search: TicketSearch;
  focusRow: (index: number) => void;
  focusSearch: () => void;
  onSelect: (id: string, range: boolean) => void;
  onClear: () => void;
}

/** The keys with which a list is worked through. They act on what is chosen, else on the row in focus, else on the open ticket. */
export function useTriage(around: Around): { move: (step: 1 | -1) => void } {
  const { tickets, open, chosen, mayAct, search } = around;
  const change = useChange();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const isOpen = (ticket: TicketLine) => ticket.label === open || ticket.id === open;
  const walk = useWalk({ ...around, one: "ticket", many: "tickets", rows: tickets, isOpen });
  const focused = (): string | null =>
    // The row that had the focus may have been drawn anew.
    walk.inFocus() ?? (!open && document.activeElement === document.body ? walk.last() : null);
  /** One ticket: the row in focus, else the open one. */
  const single = (): TicketLine | undefined => {
    const now = focused();
    return now ? tickets.find(({ id }) => id === now) : (tickets.find(isOpen) ?? openElsewhere());
  };
  /** A ticket can be open without being in the list, when its filters do not fit. */
  const openElsewhere = (): TicketLine | undefined => {
    const ticket = open ? queries.getQueryData<TicketDetail>(ticketQuery(open).queryKey) : undefined;
    return ticket && lineOf(ticket);
  };
  const targets = (): TicketLine[] => {
    if (chosen.length > 0) return chosen;
    const one = single();
    return one ? [one] : [];
  };
  const finish = () => {
    const all = targets();
    // What is resolved already is closed; the rest is resolved.
    const done = all.filter(({ status }) => status === "RESOLVED");
    const open = all.filter(({ status }) => status !== "RESOLVED" && status !== "CLOSED");
    if (open.length > 0) void change(open, { type: "status", value: "RESOLVED" });
    if (done.length > 0) void change(done, { type: "status", value: "CLOSED" });
  };
  /** Opens the row in focus before something is written; the open ticket's own composer hears the key itself. */
  const write = (mode: "reply" | "note" | "macro") => {
    const one = single();
    if (!one) return;
    wantComposer(one.id, mode);
    if (!isOpen(one)) void navigate({ to: "/tickets/$ticket", params: { ticket: one.label }, search });
  };
  const act = (id: string, key: string, label: string, icon: LucideIcon, run: () => void): Command => ({
    id: `ticket.${id}`,
    group: "Ticket",
    key,
    label,
    icon,
    run,
  });
  const select = (range: boolean) => {
    const one = single();
    if (one) around.onSelect(one.id, range);
  };
  useCommands([
    ...walk.commands,
    ...(mayAct
      ? [
          walk.command("select", "x", "Select the ticket", () => select(false)),
          walk.command("select-range", "X", "Select everything up to the ticket", () => select(true)),
          walk.command("clear", "Escape", "Clear the selection", around.onClear),
          act("finish", "e", "Resolve; close what is resolved", CircleCheck, finish),
          act("assign", "a", "Assign…", UserPlus, () => askFor("assign", targets())),
          act("priority", "p", "Change the priority…", Flag, () => askFor("priority", targets())),
          act("status", "s", "Change the status…", CircleDot, () => askFor("status", targets())),
          act("tag", "t", "Tag…", Tag, () => askFor("tag", targets())),
          act("reply", "r", "Reply", MessageSquare, () => write("reply")),
          act("note", "n", "Write an internal note", StickyNote, () => write("note")),
          act("macro", "m", "Use a macro…", Zap, () => write("macro")),
        ]
      : []),
  ]);
  return { move: walk.move };
}
