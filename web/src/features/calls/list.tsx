import { Button, Code, Skeleton } from "@mantine/core";
import { useParams } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowUp, Phone } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { Empty } from "~/components/empty";
import classes from "~/components/list.module.css";
import { Failure } from "~/components/route-error";
import { useCommands } from "~/lib/commands";
import { Store } from "~/lib/store";
import { Filters } from "./filters";
import { useListLive } from "./list-live";
import { Row } from "./row";
import { type CallSearch, isFiltered } from "./search";
import { type CallLine, useCallList } from "./use-call-list";

/** Every row is so high, so that the list knows where each is without measuring. */
const ROW_PX = 78;
/** The next page is asked for when so many rows are left below. */
const AHEAD = 80;

interface Props {
  search: CallSearch;
  onSearch: (search: CallSearch) => void;
}

/** The left pane: filters, and the calls that fit them. */
export function CallList({ search, onSearch }: Props) {
  const { calls, key, ...list } = useCallList(search);
  const scroll = useRef<HTMLDivElement>(null);
  const words = useRef<HTMLInputElement>(null);
  // eslint-disable-next-line react-hooks/incompatible-library -- nothing here is memoized by a compiler
  const rows = useVirtualizer({
    count: calls.length + (list.hasNextPage ? 3 : 0),
    getScrollElement: () => scroll.current,
    estimateSize: () => ROW_PX,
    getItemKey: (index) => calls[index]?.id ?? `more-${String(index)}`,
    overscan: 12,
  });
  const shown = rows.getVirtualItems();
  const last = shown.at(-1)?.index ?? 0;

  const { hasNextPage, isFetchingNextPage, fetchNextPage, isFetchNextPageError } = list;
  useEffect(() => {
    if (!hasNextPage || isFetchingNextPage || isFetchNextPageError) return;
    if (last >= calls.length - AHEAD) void fetchNextPage();
  }, [last, calls.length, hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage]);

  const visible = () => rows.getVirtualItems().flatMap(({ index }) => calls[index]?.id ?? []);
  const live = useListLive(search, key, calls, visible);
  const { refreshVisible } = live;
  const inSight = shown.flatMap(({ index }) => calls[index]?.id ?? []).join(" ");
  useEffect(() => refreshVisible(inSight.split(" ")), [inSight, refreshVisible]);
  useEffect(() => {
    scroll.current?.scrollTo({ top: 0 });
  }, [key]);

  const { move } = useKeys(calls, {
    focusRow: (index) => {
      rows.scrollToIndex(index, { align: "auto" });
      requestAnimationFrame(() => rowAt(scroll.current, index)?.focus({ preventScroll: true }));
    },
    focusSearch: () => words.current?.focus(),
  });

  return (
    <section className={classes.pane} aria-label="Calls">
      <Filters search={search} onChange={onSearch} inputRef={words} loaded={calls} />
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
        aria-label="List of calls"
        tabIndex={0}
        onKeyDown={(event) => {
          if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
          if (event.ctrlKey || event.metaKey || event.altKey) return;
          event.preventDefault();
          move(event.key === "ArrowDown" ? 1 : -1);
        }}
      >
        {list.isPending && <Placeholders />}
        {list.isError && calls.length === 0 && <Failure error={list.error} onRetry={() => void list.refetch()} />}
        {list.isSuccess && calls.length === 0 && <Nothing search={search} onSearch={onSearch} />}
        <ul className={classes.rows} style={{ height: rows.getTotalSize() }}>
          {shown.map(({ index, start, key: rowKey }) => (
            <li
              key={rowKey}
              className={classes.place}
              style={{ transform: `translateY(${String(start)}px)`, height: ROW_PX }}
              data-index={index}
            >
              <RowOrMore
                call={calls[index]}
                search={search}
                failed={isFetchNextPageError}
                retry={() => void fetchNextPage()}
              />
            </li>
          ))}
        </ul>
      </div>
      <footer className={classes.foot}>
        <kbd>J</kbd> <kbd>K</kbd> move · <kbd>Enter</kbd> opens · <kbd>?</kbd> all keys
      </footer>
    </section>
  );
}

function rowAt(list: HTMLElement | null, index: number): HTMLAnchorElement | null {
  return list?.querySelector(`[data-index="${String(index)}"] a`) ?? null;
}

interface Ways {
  focusRow: (index: number) => void;
  focusSearch: () => void;
}

/** The keys with which the list is walked through. */
function useKeys(calls: CallLine[], { focusRow, focusSearch }: Ways): { move: (step: 1 | -1) => void } {
  const { call: open } = useParams({ strict: false });
  // Where the person was, also after the row has left the part of the list that is drawn.
  const [last] = useState(() => new Store<string | null>(null));
  const move = (step: 1 | -1) => {
    if (calls.length === 0) return;
    const row = document.activeElement?.closest<HTMLElement>("[data-call]")?.dataset.call ?? last.get() ?? open;
    const from = calls.findIndex(({ id }) => id === row);
    const next = from < 0 ? 0 : Math.max(0, Math.min(calls.length - 1, from + step));
    last.set(calls[next]?.id ?? null);
    focusRow(next);
  };
  const list = (id: string, key: string, label: string, run: () => void) => ({
    id: `calls.${id}`,
    group: "List of calls",
    key,
    label,
    keyOnly: true,
    run,
  });
  useCommands([
    list("next", "j", "Next call", () => move(1)),
    list("previous", "k", "Previous call", () => move(-1)),
    list("search", "/", "Search the calls", focusSearch),
  ]);
  return { move };
}

interface RowProps {
  call: CallLine | undefined;
  search: CallSearch;
  failed: boolean;
  retry: () => void;
}

/** A call, or the shape of one that is still on its way. */
function RowOrMore({ call, search, failed, retry }: RowProps) {
  if (call) return <Row call={call} search={search} />;
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
    <div role="status" aria-label="Loading calls">
      {Array.from({ length: 8 }, (_, index) => (
        <div key={index} style={{ height: ROW_PX }}>
          <RowShape />
        </div>
      ))}
    </div>
  );
}

function Nothing({ search, onSearch }: Props) {
  if (isFiltered(search)) {
    return (
      <div className={classes.nothing}>
        <p>No call fits these filters.</p>
        <Button variant="default" onClick={() => onSearch({})}>
          Clear filters
        </Button>
      </div>
    );
  }
  return (
    <Empty icon={Phone} title="No calls yet">
      Calls to your numbers stand here with everything that was said. Try it without a telephone:{" "}
      <Code>patchcord call</Code> places a simulated one.
    </Empty>
  );
}
