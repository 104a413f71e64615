import { Button, Menu, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { ArrowDownWideNarrow, ListFilter, Plus, Search, X } from "lucide-react";
import { useState } from "react";
import { Token } from "~/components/filter-token";
import classes from "~/components/list.module.css";
import { type CallSearch, compact, isFiltered } from "./search";
import { type FilterName, useFilterKinds } from "./use-filter-kinds";
import type { CallLine } from "./use-call-list";

interface Props {
  search: CallSearch;
  onChange: (search: CallSearch) => void;
  inputRef: React.Ref<HTMLInputElement>;
  /** Rows at hand: their organizations, people and devices are offered. */
  loaded: CallLine[];
}

/** What the list shows: words, filters and order. All of it is in the address. */
export function Filters({ search, onChange, inputRef, loaded }: Props) {
  const kinds = useFilterKinds(loaded, search);
  // A filter that was just added is shown before it has a value.
  const [added, setAdded] = useState<FilterName | null>(null);
  const change = (part: CallSearch) => onChange(compact({ ...search, ...part }));
  const active = kinds.filter((kind) => kind.isSet || kind.name === added);
  const oldest = search.sort === "startedAt";
  return (
    <header className={classes.head}>
      <div className={classes.titleLine}>
        <h1 className={classes.title}>Call history</h1>
        <Button
          variant="subtle"
          color="gray"
          size="compact-xs"
          className={classes.order}
          aria-label={oldest ? "Order: oldest first" : "Order: newest first"}
          title={oldest ? "Oldest first" : "Newest first"}
          aria-pressed={oldest}
          onClick={() => change({ sort: oldest ? undefined : "startedAt" })}
        >
          <ArrowDownWideNarrow size={14} aria-hidden />
        </Button>
      </div>
      <Words search={search} onChange={onChange} inputRef={inputRef} />
      <div className={classes.choices} role="group" aria-label="Filters">
        {active.map((kind) => (
          <Token
            key={kind.name}
            kind={kind}
            defaultOpened={kind.name === added}
            onChange={change}
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
    onChange(compact({ ...search, q: text.trim() || undefined }));
  }, 250);
  // The address changed by itself (a link, the back button): the field follows.
  if (search.q !== applied) {
    setApplied(search.q);
    if ((search.q ?? "") !== typed.trim()) setTyped(search.q ?? "");
  }
  return (
    <TextInput
      ref={inputRef}
      size="xs"
      type="search"
      aria-label="Search what was said"
      placeholder="Search what was said…  /"
      leftSection={<Search size={14} aria-hidden />}
      value={typed}
      maxLength={200}
      onChange={(event) => {
        setTyped(event.currentTarget.value);
        apply(event.currentTarget.value);
      }}
      onKeyDown={(event) => {
        // Back to the list, where the letters are keys again.
        if (event.key === "Escape") event.currentTarget.blur();
      }}
    />
  );
}
