import { Modal } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { type LucideIcon, Search } from "lucide-react";
import { useEffect, useId, useRef, useState } from "react";
import { type Command, currentCommands } from "~/lib/commands";
import { useShortcutsEnabled } from "~/lib/shortcuts";
import { KeyCaps } from "./shortcut-sheet";
import { type Hit, findHits } from "./palette-search";
import { matches, order, pieces } from "./palette-match";
import classes from "./palette.module.css";

interface Item {
  id: string;
  label: string;
  group: string;
  icon: LucideIcon | undefined;
  /** What stands at the end of the line. */
  aside?: string | null;
  keys?: string | undefined;
  run: () => void;
}

/** Every action and every page, and the desk's own rows by search. */
export function Palette({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  return (
    <Modal.Root
      opened={opened}
      onClose={onClose}
      size={560}
      yOffset="12vh"
      returnFocus={false}
      transitionProps={{ duration: 90 }}
    >
      <Modal.Overlay backgroundOpacity={0.35} />
      <Modal.Content aria-label="Search or jump to" radius="lg">
        <Modal.Body p={0}>{opened && <Finder onClose={onClose} />}</Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}

function Finder({ onClose }: { onClose: () => void }) {
  const [words, setWords] = useState("");
  const [active, setActive] = useState(0);
  const [commands] = useState(currentCommands);
  const showKeys = useShortcutsEnabled();
  const router = useRouter();
  const list = useRef<HTMLDivElement>(null);
  const id = useId();
  const hits = useHits(words.trim());
  useFocusBack();

  // The dialog is gone before the command runs, so that the command decides where the focus goes.
  const run = (item: Item) => {
    onClose();
    setTimeout(item.run, 0);
  };
  const items: Item[] = [
    ...order(
      commands.filter((command) => !command.keyOnly && matches(command, words)),
      words,
    ).map(fromCommand),
    ...(words.trim() === "" ? [] : hits.found.map((hit) => fromHit(hit, (to) => void router.history.push(to)))),
  ];
  const current = Math.min(active, items.length - 1);
  useEffect(() => {
    list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }, [current]);

  const onKeyDown = (event: React.KeyboardEvent) => {
    const last = items.length - 1;
    const next = { ArrowDown: current < last ? current + 1 : 0, ArrowUp: current > 0 ? current - 1 : last }[event.key];
    if (next !== undefined) {
      event.preventDefault();
      setActive(next);
    } else if (event.key === "Enter" && !event.nativeEvent.isComposing) {
      event.preventDefault();
      const item = items[current];
      if (item) run(item);
    }
  };
  return (
    <>
      <div className={classes.head}>
        <Search size={17} aria-hidden />
        <input
          className={classes.input}
          role="combobox"
          aria-expanded
          aria-controls={id}
          aria-activedescendant={items.length > 0 ? `${id}-${String(current)}` : undefined}
          aria-autocomplete="list"
          aria-label="Search or jump to"
          placeholder="Search or jump to…"
          autoComplete="off"
          spellCheck={false}
          maxLength={200}
          data-autofocus
          value={words}
          onKeyDown={onKeyDown}
          onChange={(event) => {
            setWords(event.currentTarget.value);
            setActive(0);
          }}
        />
      </div>
      <div ref={list} id={id} role="listbox" aria-label="Found" className={classes.list} aria-busy={hits.busy}>
        {grouped(items).map(([group, members]) => (
          <div key={group} role="group" aria-label={group}>
            <div className={classes.group} aria-hidden>
              {group}
            </div>
            {members.map(({ item, index }) => (
              <div
                key={item.id}
                id={`${id}-${String(index)}`}
                role="option"
                aria-selected={index === current}
                className={classes.item}
                onMouseMove={() => setActive(index)}
                onClick={() => run(item)}
              >
                {item.icon && <item.icon size={16} aria-hidden />}
                <span className={classes.label}>
                  {pieces(item.label, words).map(([text, marked], piece) =>
                    marked ? <mark key={piece}>{text}</mark> : <span key={piece}>{text}</span>,
                  )}
                </span>
                {item.aside && <span className={classes.aside}>{item.aside}</span>}
                {item.keys && showKeys && (
                  <span className={classes.keys}>
                    <KeyCaps keys={item.keys} />
                  </span>
                )}
              </div>
            ))}
          </div>
        ))}
      </div>
      <p className={classes.foot} role="status">
        {hits.failed
          ? "The search does not answer. Commands still work."
          : items.length === 0
            ? hits.busy
              ? "Searching…"
              : "Nothing fits these words."
            : "↑ ↓ move · Enter opens · Esc closes"}
      </p>
    </>
  );
}

function fromCommand({ id, label, group, icon, key, run }: Command): Item {
  return { id, label, group, icon, keys: key, run };
}

function fromHit({ id, kind, title, subtitle, icon, to }: Hit, open: (to: string) => void): Item {
  return { id: `${kind}:${id}`, label: title, group: kind, icon, aside: subtitle, run: () => open(to) };
}

/** Items under their headings, each with its place in the whole list. */
function grouped(items: Item[]): [string, { item: Item; index: number }[]][] {
  const groups = new Map<string, { item: Item; index: number }[]>();
  items.forEach((item, index) => {
    const members = groups.get(item.group) ?? [];
    members.push({ item, index });
    groups.set(item.group, members);
  });
  return [...groups];
}

const NONE: Hit[] = [];

function useHits(words: string) {
  const [wanted] = useDebouncedValue(words, 120);
  const { data, isFetching, isError } = useQuery({
    queryKey: ["palette", wanted],
    queryFn: ({ signal }) => findHits(wanted, signal),
    enabled: wanted.length > 1,
    placeholderData: keepPreviousData,
    retry: false,
  });
  return { found: data ?? NONE, busy: isFetching || wanted !== words, failed: isError };
}

/** When the palette is closed without a choice, the focus goes back to where it was. */
function useFocusBack() {
  const [before] = useState(() => document.activeElement);
  useEffect(
    () => () => {
      setTimeout(() => {
        if (document.activeElement === document.body && before instanceof HTMLElement) before.focus();
      }, 120);
    },
    [before],
  );
}
