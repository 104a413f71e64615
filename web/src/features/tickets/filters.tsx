import { Button, Menu, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { ArrowDownWideNarrow, ListFilter, Plus, Search, X } from "lucide-react";
import { useState } from "react";
import type { TicketLine } from "~/api/client";
import { Token } from "~/components/filter-token";
import classes from "~/components/list.module.css";
import { SaveView } from "./save-view";
import { type TicketSearch, compact, isFiltered, readTyped } from "./search";
import { type FilterName, useFilterKinds } from "./use-filter-kinds";
import { useViewName } from "./views";

const ORDERS: { value: string; label: string }[] = [
  { value: "-createdAt", label: "Newest first" },
  { value: "createdAt", label: "Oldest first" },
  { value: "-updatedAt", label: "Changed last" },
  { value: "-priority", label: "Most urgent first" },
  { value: "-number", label: "Highest number first" },
];

interface Props {
  search: TicketSearch;
  onChange: (search: TicketSearch) => void;
  inputRef: React.Ref<HTMLInputElement>;
  /** Rows at hand: their tags and organizations are offered. */
  loaded: TicketLine[];
}

/** What the list shows: its name, words, filters and order. All of it is in the address. */
export function Filters({ search, onChange, inputRef, loaded }: Props) {
  const kinds = useFilterKinds(loaded, search);
  const name = useViewName(search);
  // A filter that was just added is shown before it has a value.
  const [added, setAdded] = useState<FilterName | null>(null);
  const change = (part: TicketSearch) => onChange(compact({ ...search, ...part }));
  const active = kinds.filter((kind) => kind.isSet || kind.name === added);
  return (
    <header className={classes.head}>
      <div className={classes.titleLine}>
        <h1 className={classes.title}>{name}</h1>
        <SaveView search={search} onChange={onChange} />
        <Order
          value={search.sort ?? "-createdAt"}
          onChange={(sort) => change({ sort: sort === "-createdAt" ? undefined : sort })}
        />
      </div>
      <Words search={search} onChange={onChange} inputRef={inputRef} />
      <div className={classes.choices} role="group" aria-label="Filters">
        {active.map((kind) => (
          <Token
            key={kind.name}
            kind={kind}
            defaultOpened={kind.name === added}
            onChange={(value) => change(value)}
            onClosed={() => setAdded(null)}
          />
        ))}
        <Menu position="bottom-start">
          <Menu.Target>
            <Button
              variant="subtle"
              color="gray"
              size="compact-xs"
              className={classes.add}
              leftSection={active.length === 0 ? <ListFilter size={12} aria-hidden /> : <Plus size={12} aria-hidden />}
            >
              Filter
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            {kinds
              .filter((kind) => !active.includes(kind))
              .map((kind) => (
                <Menu.Item key={kind.name} onClick={() => setAdded(kind.name)}>
                  {kind.label}
                </Menu.Item>
              ))}
          </Menu.Dropdown>
        </Menu>
        {isFiltered(search) && (
          <Button
            variant="subtle"
            color="gray"
            size="compact-xs"
            className={classes.add}
            leftSection={<X size={12} aria-hidden />}
            onClick={() => onChange({})}
          >
            Clear
          </Button>
        )}
      </div>
    </header>
  );
}

function Words({ search, onChange, inputRef }: Omit<Props, "loaded">) {
  const [typed, setTyped] = useState(search.q ?? "");
  const [applied, setApplied] = useState(search.q);
  const apply = useDebouncedCallback((text: string) => {
    const { words } = readTyped(text);
    onChange(compact({ ...search, q: words || undefined }));
  }, 250);
  // The address changed by itself (a link, the back button): the field follows.
  if (search.q !== applied) {
    setApplied(search.q);
    if ((search.q ?? "") !== typed.trim()) setTyped(search.q ?? "");
  }
  /** `status:open` and the like become filters as soon as they are finished. */
  const takeFilters = (text: string) => {
    const { words, filters } = readTyped(text);
    if (Object.keys(filters).length === 0) return false;
    apply.cancel();
    setTyped(words);
    onChange(compact({ ...search, ...filters, q: words || undefined }));
    return true;
  };
  return (
    <TextInput
      ref={inputRef}
      size="xs"
      type="search"
      aria-label="Search tickets"
      placeholder="Search, or status:open…  /"
      leftSection={<Search size={14} aria-hidden />}
      value={typed}
      maxLength={200}
      onChange={(event) => {
        const text = event.currentTarget.value;
        if (text.endsWith(" ") && takeFilters(text)) return;
        setTyped(text);
        apply(text);
      }}
      onKeyDown={(event) => {
        if (event.key === "Enter") takeFilters(event.currentTarget.value);
        // Back to the list, where the letters are keys again.
        else if (event.key === "Escape") event.currentTarget.blur();
      }}
    />
  );
}

function Order({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const label = ORDERS.find((one) => one.value === value)?.label ?? value;
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button
          variant="subtle"
          color="gray"
          size="compact-xs"
          className={classes.order}
          aria-label={`Order: ${label}`}
          title={`Order: ${label}`}
        >
          <ArrowDownWideNarrow size={14} aria-hidden />
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>Order</Menu.Label>
        <Menu.RadioGroup value={value} onChange={onChange}>
          {ORDERS.map((one) => (
            <Menu.RadioItem key={one.value} value={one.value}>
              {one.label}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
      </Menu.Dropdown>
    </Menu>
  );
}
