import { Button, Menu, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { ListFilter, Plus, Search, X } from "lucide-react";
import { useState } from "react";
import { type FilterKind, Token } from "./filter-token";
import classes from "./list.module.css";

/** Letters that are typed quickly are searched for together. */
const PAUSE_MS = 250;

interface BarProps<N extends string, S> {
  kinds: FilterKind<N, S>[];
  isFiltered: boolean;
  onChange: (part: S) => void;
  onClear: () => void;
}

/** The filters that are set, one to add, and a way to be rid of all of them. */
export function FilterBar<N extends string, S>({ kinds, isFiltered, onChange, onClear }: BarProps<N, S>) {
  // A filter that was just added is shown before it has a value.
  const [added, setAdded] = useState<N | null>(null);
  const active = kinds.filter((kind) => kind.isSet || kind.name === added);
  return (
    <div className={classes.choices} role="group" aria-label="Filters">
      {active.map((kind) => (
        <Token
          key={kind.name}
          kind={kind}
          defaultOpened={kind.name === added}
          onChange={onChange}
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
      {isFiltered && (
        <Button
          variant="subtle"
          color="gray"
          size="compact-xs"
          className={classes.add}
          leftSection={<X size={12} aria-hidden />}
          onClick={onClear}
        >
          Clear
        </Button>
      )}
    </div>
  );
}

interface WordsProps {
  inputRef: React.Ref<HTMLInputElement>;
  label: string;
  placeholder: string;
  /** The words in the address. */
  words: string | undefined;
  onWords: (text: string) => void;
  /** Takes filters out of what was typed when a word is finished: the words that are left, or null when there were none. */
  takeFilters?: (text: string) => string | null;
}

/** The words that a list is searched for. */
export function WordsField({ inputRef, label, placeholder, words, onWords, takeFilters }: WordsProps) {
  const [typed, setTyped] = useState(words ?? "");
  const [applied, setApplied] = useState(words);
  const apply = useDebouncedCallback(onWords, PAUSE_MS);
  // The address changed by itself (a link, the back button): the field follows.
  if (words !== applied) {
    setApplied(words);
    if ((words ?? "") !== typed.trim()) setTyped(words ?? "");
  }
  const take = (text: string): boolean => {
    const left = takeFilters?.(text) ?? null;
    if (left === null) return false;
    apply.cancel();
    setTyped(left);
    return true;
  };
  return (
    <TextInput
      ref={inputRef}
      size="xs"
      type="search"
      aria-label={label}
      placeholder={placeholder}
      leftSection={<Search size={14} aria-hidden />}
      value={typed}
      maxLength={200}
      onChange={(event) => {
        const text = event.currentTarget.value;
        if (text.endsWith(" ") && take(text)) return;
        setTyped(text);
        apply(text);
      }}
      onKeyDown={(event) => {
        if (event.key === "Enter") take(event.currentTarget.value);
        // Back to the list, where the letters are keys again.
        else if (event.key === "Escape") event.currentTarget.blur();
      }}
    />
  );
}
