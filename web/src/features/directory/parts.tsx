import { TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { Search } from "lucide-react";
import { type ReactNode, useRef, useState } from "react";
import { useCommands } from "~/lib/commands";
import { z } from "~/lib/zod";
import classes from "./directory.module.css";

/** Words of a list, as they are in the address. */
export const DirectorySearch = z.object({
  q: z.catch(z.optional(z.string().check(z.maxLength(200))), undefined),
});

export type DirectorySearch = z.infer<typeof DirectorySearch>;

export interface ListProps {
  search: DirectorySearch;
  onSearch: (search: DirectorySearch) => void;
}

export interface FormProps<R> {
  /** The row that is changed; null for a new one. */
  row: R | null;
  /** Whose a new one is, where that is known. */
  organization?: { id: string; name: string };
  onCancel: () => void;
  onSaved: (row: R) => void;
}

/** The field over a list; `/` leads to it. */
export function Words({ search, onSearch, label }: ListProps & { label: string }) {
  const [words, setWords] = useState(search.q ?? "");
  const input = useRef<HTMLInputElement>(null);
  const apply = useDebouncedCallback((text: string) => onSearch({ q: text.trim() || undefined }), 250);
  useCommands([
    { id: "directory.search", label, group: "Directory", key: "/", icon: Search, run: () => input.current?.focus() },
  ]);
  return (
    <TextInput
      ref={input}
      type="search"
      size="xs"
      maw={340}
      mb="md"
      aria-label={label}
      placeholder="Search…  /"
      leftSection={<Search size={14} aria-hidden />}
      maxLength={200}
      value={words}
      onChange={(event) => {
        setWords(event.currentTarget.value);
        apply(event.currentTarget.value);
      }}
    />
  );
}

/** What is known, line by line; what is not known is left out. */
export function Facts({ facts }: { facts: [string, ReactNode][] }) {
  return (
    <dl className={classes.facts}>
      {facts
        .filter(([, value]) => value !== null && value !== undefined && value !== "")
        .map(([name, value]) => (
          <div key={name} className={classes.fact}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}
