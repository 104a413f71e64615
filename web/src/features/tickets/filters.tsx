import { Button, Menu } from "@mantine/core";
import { ArrowDownWideNarrow } from "lucide-react";
import type { TicketLine } from "~/api/client";
import { FilterBar, WordsField } from "~/components/filter-bar";
import classes from "~/components/list.module.css";
import { compact } from "~/lib/list-search";
import { SaveView } from "./save-view";
import { type TicketSearch, isFiltered, readTyped } from "./search";
import { useFilterKinds } from "./use-filter-kinds";
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
  const change = (part: TicketSearch) => onChange(compact({ ...search, ...part }));
  /** `status:open` and the like become filters as soon as they are finished. */
  const takeFilters = (text: string): string | null => {
    const { words, filters } = readTyped(text);
    if (Object.keys(filters).length === 0) return null;
    change({ ...filters, q: words || undefined });
    return words;
  };
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
      <WordsField
        inputRef={inputRef}
        label="Search tickets"
        placeholder="Search, or status:open…  /"
        words={search.q}
        onWords={(text) => change({ q: readTyped(text).words || undefined })}
        takeFilters={takeFilters}
      />
      <FilterBar kinds={kinds} isFiltered={isFiltered(search)} onChange={change} onClear={() => onChange({})} />
    </header>
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
