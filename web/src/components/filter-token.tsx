import { Button, CloseButton, Group, Menu, ScrollArea, TextInput } from "@mantine/core";
import { useState } from "react";
import { Dot } from "./dot";
import classes from "./list.module.css";

export interface FilterChoice {
  key: string;
  label: string;
  color?: string | null | undefined;
}

/** One kind of filter of a list: what may be chosen, what is, and what the choice changes in the address (`S`). */
export type FilterKind<N extends string, S> = { name: N; label: string; isSet: boolean } & (
  | {
      form: "any" | "one";
      choices: FilterChoice[];
      value: string[];
      set: (value: string[]) => S;
      free?: boolean;
    }
  | {
      form: "dates";
      from: string | undefined;
      to: string | undefined;
      set: (from: string | undefined, to: string | undefined) => S;
    }
);

interface Props<N extends string, S> {
  kind: FilterKind<N, S>;
  defaultOpened: boolean;
  onChange: (part: S) => void;
  onClosed: () => void;
}

/** A filter that is set: what it is, what it lets through, and how to take it away. */
export function Token<N extends string, S>({ kind, defaultOpened, onChange, onClosed }: Props<N, S>) {
  const [opened, setOpened] = useState(defaultOpened);
  const text = valueOf(kind);
  const clear = () => onChange(kind.form === "dates" ? kind.set(undefined, undefined) : kind.set([]));
  return (
    <span className={classes.token}>
      <Menu
        closeOnItemClick={kind.form === "one"}
        position="bottom-start"
        opened={opened}
        onChange={(now) => {
          setOpened(now);
          if (!now) onClosed();
        }}
        trapFocus={kind.form !== "dates"}
      >
        <Menu.Target>
          <Button variant="default" size="compact-xs" className={classes.tokenButton}>
            <span className={classes.tokenName}>{kind.label}</span>
            {text && <span className={classes.tokenValue}>{text}</span>}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {kind.form === "dates" ? (
            <Dates kind={kind} onChange={onChange} />
          ) : (
            <>
              {kind.free && <Free kind={kind} onChange={onChange} />}
              <ScrollArea.Autosize mah={300}>
                <Menu.CheckboxGroup
                  value={kind.value}
                  onChange={(next) => onChange(kind.set(kind.form === "one" ? next.slice(-1) : next))}
                >
                  {kind.choices.map((choice) => (
                    <Menu.CheckboxItem key={choice.key} value={choice.key}>
                      {choice.color ? <Dot color={choice.color}>{choice.label}</Dot> : choice.label}
                    </Menu.CheckboxItem>
                  ))}
                </Menu.CheckboxGroup>
              </ScrollArea.Autosize>
              {kind.choices.length === 0 && !kind.free && <Menu.Label>Nothing to choose from yet</Menu.Label>}
            </>
          )}
        </Menu.Dropdown>
      </Menu>
      {kind.isSet && (
        <CloseButton
          size="xs"
          aria-label={`Remove the filter ${kind.label}`}
          className={classes.remove}
          onClick={clear}
        />
      )}
    </span>
  );
}

/** The day of a date or a moment, on the clocks of whoever looks. */
function dayOf(text: string | undefined): string | undefined {
  if (!text || text.length === 10) return text;
  const at = new Date(text);
  const two = (value: number) => String(value).padStart(2, "0");
  return `${String(at.getFullYear())}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

function valueOf<N extends string, S>(kind: FilterKind<N, S>): string {
  if (kind.form === "dates") {
    const [from, to] = [dayOf(kind.from), dayOf(kind.to)];
    if (from && to) return `${from} to ${to}`;
    return from ? `since ${from}` : to ? `before ${to}` : "";
  }
  const labels = kind.value.map((key) => kind.choices.find((choice) => choice.key === key)?.label ?? key);
  const [first = "", ...more] = labels;
  return more.length > 0 ? `${first} +${String(more.length)}` : first;
}

type Any<S> = Extract<FilterKind<string, S>, { form: "any" | "one" }>;

/** A value that is not among the choices, such as a tag of a ticket that is not loaded. */
function Free<S>({ kind, onChange }: { kind: Any<S>; onChange: (part: S) => void }) {
  const [text, setText] = useState("");
  return (
    <TextInput
      size="xs"
      p={4}
      aria-label={`Other ${kind.label.toLowerCase()}`}
      placeholder="Type one and press Enter"
      value={text}
      onChange={(event) => setText(event.currentTarget.value)}
      onKeyDown={(event) => {
        event.stopPropagation();
        const value = text.trim();
        if (event.key !== "Enter" || value === "") return;
        onChange(kind.set([...kind.value.filter((one) => one !== value), value]));
        setText("");
      }}
    />
  );
}

const DAY_MS = 86_400_000;
const SPANS = [
  { label: "Today", days: 0 },
  { label: "Last 7 days", days: 7 },
  { label: "Last 30 days", days: 30 },
];

function daysAgo(days: number): string {
  return new Date(Date.now() - days * DAY_MS).toISOString().slice(0, 10);
}

type DateKind<S> = Extract<FilterKind<string, S>, { form: "dates" }>;

function Dates<S>({ kind, onChange }: { kind: DateKind<S>; onChange: (part: S) => void }) {
  return (
    <>
      {SPANS.map(({ label, days }) => (
        <Menu.Item key={label} onClick={() => onChange(kind.set(daysAgo(days), undefined))}>
          {label}
        </Menu.Item>
      ))}
      <Group gap={8} p={6} wrap="nowrap">
        <TextInput
          size="xs"
          type="date"
          label="From"
          value={dayOf(kind.from) ?? ""}
          onChange={(event) => onChange(kind.set(event.currentTarget.value || undefined, kind.to))}
        />
        <TextInput
          size="xs"
          type="date"
          label="Before"
          value={dayOf(kind.to) ?? ""}
          onChange={(event) => onChange(kind.set(kind.from, event.currentTarget.value || undefined))}
        />
      </Group>
    </>
  );
}
