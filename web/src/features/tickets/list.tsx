import { useParams } from "@tanstack/react-router";
import { Suspense, lazy, useEffect, useRef } from "react";
import { useMayAct } from "~/api/session";
import { type ListHandle, ListPane, NothingFits } from "~/components/list-pane";
import classes from "~/components/list.module.css";
import { usePagedList } from "~/lib/paged-list";
import { useStore } from "~/lib/store";
import { BulkBar } from "./bulk-bar";
import { command } from "./commands";
import { Filters } from "./filters";
import { useTicketListLive } from "./list-live";
import { Row } from "./row";
import { type TicketSearch, isFiltered } from "./search";
import { useSelection } from "./selection";
import { useTriage } from "./triage";
import { ticketList } from "./use-ticket-list";

// Dialogs come when they are first wanted.
const loadDialog = () => import("./command-dialog");
const CommandDialog = lazy(async () => ({ default: (await loadDialog()).CommandDialog }));
/** What keys open is loaded soon after the list, so that it is there at once. */
const PRELOAD_MS = 1_500;

interface Props {
  search: TicketSearch;
  onSearch: (search: TicketSearch) => void;
}

/** The left pane: filters, and the tickets that fit them. */
export function TicketList({ search, onSearch }: Props) {
  const list = usePagedList(ticketList, search);
  const mayAct = useMayAct();
  const asked = useStore(command);
  useEffect(() => {
    if (!mayAct) return;
    const timer = setTimeout(() => void loadDialog(), PRELOAD_MS);
    return () => clearTimeout(timer);
  }, [mayAct]);
  const pane = useRef<ListHandle>(null);
  const words = useRef<HTMLInputElement>(null);
  const live = useTicketListLive(search, list, () => pane.current?.visible() ?? []);
  const tickets = list.rows;
  const order = tickets.map(({ id }) => id);
  const selection = useSelection(list.key, order);
  const chosen = tickets.filter(({ id }) => selection.ids.has(id));
  const { ticket: open } = useParams({ strict: false });
  const { move } = useTriage({
    tickets,
    open: open ?? null,
    chosen,
    mayAct,
    search,
    focusRow: (index) => pane.current?.focusRow(index),
    focusSearch: () => words.current?.focus(),
    onSelect: selection.toggle,
    onClear: selection.clear,
  });
  return (
    <>
      <ListPane
        ref={pane}
        many="tickets"
        list={list}
        live={live}
        onMove={move}
        head={<Filters search={search} onChange={onSearch} inputRef={words} loaded={tickets} />}
        row={(ticket) => (
          <Row
            ticket={ticket}
            search={search}
            selected={selection.ids.has(ticket.id)}
            selecting={selection.ids.size > 0}
            mayAct={mayAct}
            onSelect={selection.toggle}
          />
        )}
        empty={isFiltered(search) ? <NothingFits one="ticket" onClear={() => onSearch({})} /> : <NoneYet />}
        foot={chosen.length > 0 ? <BulkBar targets={chosen} onClear={selection.clear} /> : null}
      />
      <Suspense>{asked && <CommandDialog asked={asked} />}</Suspense>
    </>
  );
}

function NoneYet() {
  return (
    <div className={classes.nothing}>
      <p>No tickets yet. The first one shows up here.</p>
    </div>
  );
}
