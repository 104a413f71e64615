import { Button, Menu, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { ChevronDown, Search } from "lucide-react";
import { useState } from "react";
import type { Choice } from "~/api/client";
import { useLookups } from "~/api/queries";
import { Dot } from "~/components/dot";
import classes from "./list.module.css";
import { type TicketSearch, values } from "./search";

interface Props {
  search: TicketSearch;
  onChange: (search: TicketSearch) => void;
  inputRef: React.Ref<HTMLInputElement>;
}

/** Words, statuses and priorities. All of it is in the address. */
export function Filters({ search, onChange, inputRef }: Props) {
  const { statuses, priorities } = useLookups();
  const [words, setWords] = useState(search.q ?? "");
  const [applied, setApplied] = useState(search.q);
  const apply = useDebouncedCallback((text: string) => onChange({ ...search, q: text.trim() || undefined }), 250);
  // The address changed by itself (a link, the back button): the field follows.
  if (search.q !== applied) {
    setApplied(search.q);
    if ((search.q ?? "") !== words.trim()) setWords(search.q ?? "");
  }
  return (
    <div className={classes.filters}>
      <TextInput
        ref={inputRef}
        size="xs"
        type="search"
        aria-label="Search tickets"
        placeholder="Search…  /"
        leftSection={<Search size={14} aria-hidden />}
        value={words}
        maxLength={200}
        onChange={(event) => {
          setWords(event.currentTarget.value);
          apply(event.currentTarget.value);
        }}
      />
      <div className={classes.choices}>
        <FilterMenu
          label="Status"
          choices={statuses}
          value={values(search.status)}
          onChange={(status) => onChange({ ...search, status: status.join(",") || undefined })}
        />
        <FilterMenu
          label="Priority"
          choices={priorities}
          value={values(search.priority)}
          onChange={(priority) => onChange({ ...search, priority: priority.join(",") || undefined })}
        />
      </div>
    </div>
  );
}

interface MenuProps {
  label: string;
  choices: Choice[];
  value: string[];
  onChange: (value: string[]) => void;
}

function FilterMenu({ label, choices, value, onChange }: MenuProps) {
  const first = choices.find((choice) => choice.key === value[0]);
  const more = value.length > 1 ? ` +${String(value.length - 1)}` : "";
  return (
    <Menu closeOnItemClick={false} position="bottom-start">
      <Menu.Target>
        <Button
          variant="default"
          size="compact-xs"
          data-active={value.length > 0 || undefined}
          className={classes.filter}
          rightSection={<ChevronDown size={12} aria-hidden />}
        >
          {first ? `${label}: ${first.label}${more}` : label}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.CheckboxGroup value={value} onChange={onChange}>
          {choices.map((choice) => (
            <Menu.CheckboxItem key={choice.key} value={choice.key}>
              <Dot color={choice.color}>{choice.label}</Dot>
            </Menu.CheckboxItem>
          ))}
        </Menu.CheckboxGroup>
        {value.length > 0 && (
          <>
            <Menu.Divider />
            <Menu.Item onClick={() => onChange([])}>Clear</Menu.Item>
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
