import { Button } from "@mantine/core";
import { ArrowDownWideNarrow } from "lucide-react";
import { FilterBar, WordsField } from "~/components/filter-bar";
import classes from "~/components/list.module.css";
import { compact } from "~/lib/list-search";
import { type CallSearch, isFiltered } from "./search";
import { useFilterKinds } from "./use-filter-kinds";
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
  const change = (part: CallSearch) => onChange(compact({ ...search, ...part }));
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
      <WordsField
        inputRef={inputRef}
        label="Search what was said"
        placeholder="Search what was said…  /"
        words={search.q}
        onWords={(text) => change({ q: text.trim() || undefined })}
      />
      <FilterBar kinds={kinds} isFiltered={isFiltered(search)} onChange={change} onClear={() => onChange({})} />
    </header>
  );
}
