import { Button, Skeleton } from "@mantine/core";
import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowUp } from "lucide-react";
import { type ReactNode, type Ref, useEffect, useImperativeHandle, useRef } from "react";
import type { usePagedList, Row } from "~/lib/paged-list";
import { capital } from "~/lib/text";
import type { ListLive } from "~/live/use-list-live";
import classes from "./list.module.css";
import { Failure } from "./route-error";

/** Every row is so high, so that the list knows where each is without measuring. */
const ROW_PX = 78;
/** The next page is asked for when so many rows are left below. */
const AHEAD = 80;
/** Shapes of rows under the last one, while there are more. */
const SHAPES = 3;

/** What others may ask of the pane. */
export interface ListHandle {
  focusRow: (index: number) => void;
  /** Ids of the rows that are drawn. */
  visible: () => string[];
}

interface Props<R extends Row> {
  ref: Ref<ListHandle>;
  /** What the rows are: `tickets`. */
  many: string;
  list: ReturnType<typeof usePagedList<unknown, R>>;
  live: ListLive;
  /** Moves the focus a row up or down. */
  onMove: (step: 1 | -1) => void;
  /** Title, words and filters. */
  head: ReactNode;
  row: (row: R) => ReactNode;
  /** What is shown when there is nothing. */
  empty: ReactNode;
  /** Instead of the line of keys, under the rows. */
  foot?: ReactNode;
}

/** A long list on the left of a page: only what is in sight is drawn, and what is below is loaded in time. */
export function ListPane<R extends Row>({ ref, many, list, live, onMove, head, row, empty, foot }: Props<R>) {
  const { key, rows: loaded } = list;
  const scroll = useRef<HTMLDivElement>(null);
  // eslint-disable-next-line react-hooks/incompatible-library -- nothing here is memoized by a compiler
  const rows = useVirtualizer({
    count: loaded.length + (list.hasNextPage ? SHAPES : 0),
    getScrollElement: () => scroll.current,
    estimateSize: () => ROW_PX,
    getItemKey: (index) => loaded[index]?.id ?? `more-${String(index)}`,
    overscan: 12,
  });
  const shown = rows.getVirtualItems();
  const last = shown.at(-1)?.index ?? 0;

  const { hasNextPage, isFetchingNextPage, fetchNextPage, isFetchNextPageError } = list;
  useEffect(() => {
    if (!hasNextPage || isFetchingNextPage || isFetchNextPageError) return;
    if (last >= loaded.length - AHEAD) void fetchNextPage();
  }, [last, loaded.length, hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage]);

  useImperativeHandle(ref, () => ({
    focusRow: (index) => {
      rows.scrollToIndex(index, { align: "auto" });
      // At once where the row is drawn: the next key counts from it, however quickly it follows.
      const focus = () => {
        const row = rowAt(scroll.current, index);
        row?.focus({ preventScroll: true });
        return row !== null;
      };
      if (!focus()) requestAnimationFrame(focus);
    },
    visible: () => rows.getVirtualItems().flatMap(({ index }) => loaded[index]?.id ?? []),
  }));
  const { refreshVisible } = live;
  const inSight = shown.flatMap(({ index }) => loaded[index]?.id ?? []).join(" ");
  useEffect(() => refreshVisible(inSight.split(" ")), [inSight, refreshVisible]);
  useEffect(() => {
    scroll.current?.scrollTo({ top: 0 });
  }, [key]);

  return (
    <section className={classes.pane} aria-label={capital(many)}>
      {head}
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
        aria-label={`List of ${many}`}
        tabIndex={0}
        onKeyDown={(event) => {
          if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
          if (event.ctrlKey || event.metaKey || event.altKey) return;
          event.preventDefault();
          onMove(event.key === "ArrowDown" ? 1 : -1);
        }}
      >
        {list.isPending && <Placeholders many={many} />}
        {list.isError && loaded.length === 0 && <Failure error={list.error} onRetry={() => void list.refetch()} />}
        {list.isSuccess && loaded.length === 0 && empty}
        <ul className={classes.rows} style={{ height: rows.getTotalSize() }}>
          {shown.map(({ index, start, key: rowKey }) => {
            const one = loaded[index];
            return (
              <li
                key={rowKey}
                className={classes.place}
                style={{ transform: `translateY(${String(start)}px)`, height: ROW_PX }}
                data-index={index}
              >
                {one ? row(one) : <OnItsWay failed={isFetchNextPageError} retry={() => void fetchNextPage()} />}
              </li>
            );
          })}
        </ul>
      </div>
      {foot ?? (
        <footer className={classes.foot}>
          <kbd>J</kbd> <kbd>K</kbd> move · <kbd>Enter</kbd> opens · <kbd>?</kbd> all keys
        </footer>
      )}
    </section>
  );
}

function rowAt(list: HTMLElement | null, index: number): HTMLAnchorElement | null {
  return list?.querySelector(`[data-index="${String(index)}"] a`) ?? null;
}

/** In the place of a row that is not loaded yet. */
function OnItsWay({ failed, retry }: { failed: boolean; retry: () => void }) {
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
function Placeholders({ many }: { many: string }) {
  return (
    <div role="status" aria-label={`Loading ${many}`}>
      {Array.from({ length: 8 }, (_, index) => (
        <div key={index} style={{ height: ROW_PX }}>
          <RowShape />
        </div>
      ))}
    </div>
  );
}

/** No row fits the filters. */
export function NothingFits({ one, onClear }: { one: string; onClear: () => void }) {
  return (
    <div className={classes.nothing}>
      <p>No {one} fits these filters.</p>
      <Button variant="default" onClick={onClear}>
        Clear filters
      </Button>
    </div>
  );
}
