import { Button, Skeleton } from "@mantine/core";
import { useParams } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowUp } from "lucide-react";
import { type ReactNode, Suspense, lazy, useEffect, useRef } from "react";
import type { TicketLine } from "~/api/client";
import { useMayAct } from "~/api/session";
import { useStore } from "~/lib/store";
import { Failure } from "~/components/route-error";
import { BulkBar } from "./bulk-bar";
import { command } from "./commands";
import { Filters } from "./filters";
import { useListLive } from "./list-live";
import classes from "~/components/list.module.css";
import { Row } from "./row";
import { type TicketSearch, isFiltered } from "./search";
import { useSelection } from "./selection";
import { useTriage } from "./triage";
import { useTicketList } from "./use-ticket-list";

// Dialogs come when they are first wanted.
const loadDialog = () => import("./command-dialog");
const CommandDialog = lazy(async () => ({ default: (await loadDialog()).CommandDialog }));
/** What keys open is loaded soon after the list, so that it is there at once. */
const PRELOAD_MS = 1_500;

/** Every row is so high, so that the list knows where each is without measuring. */
const ROW_PX = 78;
/** The next page is asked for when so many rows are left below. */
const AHEAD = 80;

interface Props {
  search: TicketSearch;
  onSearch: (search: TicketSearch) => void;
}

/** The left pane: filters, and the tickets that fit them. */
export function TicketList({ search, onSearch }: Props) {
  const { tickets, key, ...list } = useTicketList(search);
  const mayAct = useMayAct();
  const asked = useStore(command);
  const scroll = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!mayAct) return;
    const timer = setTimeout(() => void loadDialog(), PRELOAD_MS);
    return () => clearTimeout(timer);
  }, [mayAct]);
  const words = useRef<HTMLInputElement>(null);
  // eslint-disable-next-line react-hooks/incompatible-library -- nothing here is memoized by a compiler
  const rows = useVirtualizer({
    count: tickets.length + (list.hasNextPage ? 3 : 0),
    getScrollElement: () => scroll.current,
    estimateSize: () => ROW_PX,
    getItemKey: (index) => tickets[index]?.id ?? `more-${String(index)}`,
    overscan: 12,
  });
  const shown = rows.getVirtualItems();
  const last = shown.at(-1)?.index ?? 0;

  const { hasNextPage, isFetchingNextPage, fetchNextPage, isFetchNextPageError } = list;
  useEffect(() => {
    if (!hasNextPage || isFetchingNextPage || isFetchNextPageError) return;
    if (last >= tickets.length - AHEAD) void fetchNextPage();
  }, [last, tickets.length, hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage]);

  const visible = () => rows.getVirtualItems().flatMap(({ index }) => tickets[index]?.id ?? []);
  const live = useListLive(search, key, tickets, visible);
  const { refreshVisible } = live;
  const inSight = shown.flatMap(({ index }) => tickets[index]?.id ?? []).join(" ");
  useEffect(() => refreshVisible(inSight.split(" ")), [inSight, refreshVisible]);
  useEffect(() => {
    scroll.current?.scrollTo({ top: 0 });
  }, [key]);

  const order = tickets.map(({ id }) => id);
  const selection = useSelection(key, order);
  const chosen = tickets.filter(({ id }) => selection.ids.has(id));
  const { ticket: open } = useParams({ strict: false });
  const { move } = useTriage({
    tickets,
    open: open ?? null,
    chosen,
    mayAct,
    search,
    focusRow: (index) => {
      rows.scrollToIndex(index, { align: "auto" });
      requestAnimationFrame(() => rowAt(scroll.current, index)?.focus({ preventScroll: true }));
    },
    focusSearch: () => words.current?.focus(),
    onSelect: selection.toggle,
    onClear: selection.clear,
  });

  return (
    <section className={classes.pane} aria-label="Tickets">
      <Filters search={search} onChange={onSearch} inputRef={words} loaded={tickets} />
      {live.arrived > 0 && (
        <Button
          className={classes.pill}
          size="compact-xs"
          leftSection={<ArrowUp size={13} aria-hidden />}
          onClick={() => {
            live.showArrived();
            scroll.current?.scrollTo({ top: 0 });
          }}
        >
          {live.arrived} new
        </Button>
      )}
      <div
        ref={scroll}
        className={classes.scroll}
        aria-busy={list.isFetching}
        data-stale={list.isPlaceholderData || undefined}
        role="region"
        aria-label="List of tickets"
        tabIndex={0}
        onKeyDown={(event) => {
          if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
          if (event.ctrlKey || event.metaKey || event.altKey) return;
          event.preventDefault();
          move(event.key === "ArrowDown" ? 1 : -1);
        }}
      >
        {list.isPending && <Placeholders />}
        {list.isError && tickets.length === 0 && <Failure error={list.error} onRetry={() => void list.refetch()} />}
        {list.isSuccess && tickets.length === 0 && <Nothing search={search} onSearch={onSearch} />}
        <ul className={classes.rows} style={{ height: rows.getTotalSize() }}>
          {shown.map(({ index, start, key: rowKey }) => (
            <li
              key={rowKey}
              className={classes.place}
              style={{ transform: `translateY(${String(start)}px)`, height: ROW_PX }}
              data-index={index}
            >
              <RowOrMore
                ticket={tickets[index]}
                failed={isFetchNextPageError}
                retry={() => void fetchNextPage()}
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
              />
            </li>
          ))}
        </ul>
      </div>
      {chosen.length > 0 ? (
        <BulkBar targets={chosen} onClear={selection.clear} />
      ) : (
        <footer className={classes.foot}>
          <kbd>J</kbd> <kbd>K</kbd> move · <kbd>Enter</kbd> opens · <kbd>?</kbd> all keys
        </footer>
      )}
      <Suspense>{asked && <CommandDialog asked={asked} />}</Suspense>
    </section>
  );
}

function rowAt(list: HTMLElement | null, index: number): HTMLAnchorElement | null {
  return list?.querySelector(`[data-index="${String(index)}"] a`) ?? null;
}

interface RowProps {
  ticket: TicketLine | undefined;
  failed: boolean;
  retry: () => void;
  row: (ticket: TicketLine) => ReactNode;
}

/** A ticket, or the shape of one that is still on its way. */
function RowOrMore({ ticket, failed, retry, row }: RowProps) {
  if (ticket) return row(ticket);
  if (!failed) return <RowShape />;
  return (
    <Button variant="default" fullWidth mt={8} onClick={retry}>
      The rest was not loaded. Try again
    </Button>
  );
}

function RowShape() {
  return (
    <div className={classes.row}>
      <Skeleton height={12} width="45%" mb={7} />
      <Skeleton height={13} width="92%" mb={7} />
      <Skeleton height={12} width="60%" />
    </div>
  );
}

/** Shaped like the rows, so that nothing jumps when they come. */
function Placeholders() {
  return (
    <div role="status" aria-label="Loading tickets">
      {Array.from({ length: 8 }, (_, index) => (
        <div key={index} style={{ height: ROW_PX }}>
          <RowShape />
        </div>
      ))}
    </div>
  );
}

function Nothing({ search, onSearch }: Props) {
  const filtered = isFiltered(search);
  return (
    <div className={classes.nothing}>
      <p>{filtered ? "No ticket fits these filters." : "No tickets yet. The first one shows up here."}</p>
      {filtered && (
        <Button variant="default" onClick={() => onSearch({})}>
          Clear filters
        </Button>
      )}
    </div>
  );
}
