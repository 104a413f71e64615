import { Select, type SelectProps } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { type QueryKey, keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import classes from "./remote-choice.module.css";

export interface Named {
  id: string;
  name: string;
  /** Beside the name in the list, where names alone do not tell things apart. */
  hint?: string | null;
}

interface Props extends Omit<SelectProps, "value" | "onChange" | "form" | "data" | "searchValue"> {
  /** The empty text is no choice. */
  value?: string;
  onChange: (value: string) => void;
  /** What is chosen already, so that its name is there before anything is loaded. */
  known?: Named | null | undefined;
  /** What the answers are kept under, and how they are asked for. */
  among: QueryKey;
  load: (words: string | undefined, signal: AbortSignal) => Promise<Named[]>;
}

/** Chooses one of many that the server looks for while one types. */
export function RemoteChoice({ value = "", onChange, known, among, load, ...rest }: Props) {
  const [words, setWords] = useState("");
  const [chosen, setChosen] = useState<Named | null>(known ?? null);
  const current = [chosen, known].find((one) => one?.id === value) ?? null;
  // The name of what is chosen stands in the field; it is not what is looked for.
  const typed = current && words === current.name ? "" : words.trim();
  const [asked] = useDebouncedValue(typed, 200);
  const { data = [], isError } = useQuery({
    queryKey: ["choices", ...among, asked],
    queryFn: ({ signal }) => load(asked || undefined, signal),
    placeholderData: keepPreviousData,
  });
  const shown = current && !data.some(({ id }) => id === current.id) ? [...data, current] : data;
  return (
    <Select
      clearable
      searchable
      limit={50}
      {...rest}
      // The server has looked already.
      filter={({ options }) => options}
      nothingFoundMessage={isError ? "The server did not answer." : "Nothing fits."}
      data={shown.map(({ id, name }) => ({ value: id, label: name }))}
      renderOption={({ option }) => (
        <span className={classes.option}>
          {option.label}
          <span className={classes.hint}>{shown.find(({ id }) => id === option.value)?.hint}</span>
        </span>
      )}
      value={value || null}
      searchValue={words}
      onSearchChange={setWords}
      onChange={(next) => {
        setChosen(shown.find(({ id }) => id === next) ?? null);
        onChange(next ?? "");
      }}
    />
  );
}
