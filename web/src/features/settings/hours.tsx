import { ActionIcon, Button, Group, Stack, Text, TextInput, Title } from "@mantine/core";
import { Plus, X } from "lucide-react";
import { useState } from "react";
import type { KeptForm } from "~/lib/kept-form";
import classes from "./hours.module.css";
import { WorkspacePart } from "./workspace-form";

interface Span {
  from: string;
  to: string;
}

type Hours = Record<string, Span[]>;

type Values = { businessHours: Hours; holidays: string[] };

const DAYS = [
  ["mon", "Monday"],
  ["tue", "Tuesday"],
  ["wed", "Wednesday"],
  ["thu", "Thursday"],
  ["fri", "Friday"],
  ["sat", "Saturday"],
  ["sun", "Sunday"],
] as const;

const SPANS_MAX = 4;
const DAY_SHIFT: Span = { from: "09:00", to: "17:00" };

/** When the desk works: clocks of tickets stand still outside. */
export function HoursPage() {
  return (
    <WorkspacePart<Values>
      title="Business hours"
      about="The clocks of tickets run only within these hours, on the workspace's own clocks."
      read={({ businessHours, holidays }) => ({
        businessHours: Object.fromEntries(DAYS.map(([day]) => [day, (businessHours as Hours)[day] ?? []])),
        holidays,
      })}
      write={({ businessHours, holidays }) => ({
        businessHours: Object.fromEntries(Object.entries(businessHours).filter(([, spans]) => spans.length > 0)),
        holidays,
      })}
      fieldOf={(field) => field.replace(/[.[].*$/, "")}
    >
      {(form, { timezone }) => (
        <Stack gap="lg">
          <section>
            <Text size="sm" c="dimmed" mb="xs">
              Time zone: {timezone}
            </Text>
            {DAYS.map(([day, name]) => (
              <Day
                key={day}
                name={name}
                spans={form.values.businessHours[day] ?? []}
                onChange={(spans) =>
                  form.setFieldValue("businessHours", { ...form.values.businessHours, [day]: spans })
                }
              />
            ))}
            {form.errors.businessHours && (
              <Text size="xs" c="var(--mantine-color-error)" role="alert">
                {form.errors.businessHours}
              </Text>
            )}
            <Button
              variant="default"
              mt="xs"
              onClick={() => {
                const { mon = [] } = form.values.businessHours;
                const copies = DAYS.slice(0, 5).map(([day]) => [day, mon]);
                form.setFieldValue("businessHours", { ...form.values.businessHours, ...Object.fromEntries(copies) });
              }}
            >
              Monday's hours for Tuesday to Friday
            </Button>
          </section>
          <Holidays form={form} />
        </Stack>
      )}
    </WorkspacePart>
  );
}

function Day({ name, spans, onChange }: { name: string; spans: Span[]; onChange: (spans: Span[]) => void }) {
  const set = (index: number, part: Partial<Span>) =>
    onChange(spans.map((span, at) => (at === index ? { ...span, ...part } : span)));
  return (
    <div className={classes.day} role="group" aria-label={name}>
      <span className={classes.name}>{name}</span>
      <div className={classes.spans}>
        {spans.length === 0 && <span className={classes.off}>Closed</span>}
        {spans.map((span, index) => (
          <span key={index} className={classes.span}>
            <TextInput
              aria-label={`${name}, from`}
              size="xs"
              w={72}
              maxLength={5}
              placeholder="09:00"
              value={span.from}
              onChange={(event) => set(index, { from: event.currentTarget.value })}
            />
            –
            <TextInput
              aria-label={`${name}, to`}
              size="xs"
              w={72}
              maxLength={5}
              placeholder="17:00"
              value={span.to}
              onChange={(event) => set(index, { to: event.currentTarget.value })}
            />
            <ActionIcon
              aria-label={`${name}: remove ${span.from} to ${span.to}`}
              onClick={() => onChange(spans.filter((_, at) => at !== index))}
            >
              <X size={14} aria-hidden />
            </ActionIcon>
          </span>
        ))}
        {spans.length < SPANS_MAX && (
          <ActionIcon aria-label={`${name}: add hours`} onClick={() => onChange([...spans, DAY_SHIFT])}>
            <Plus size={14} aria-hidden />
          </ActionIcon>
        )}
      </div>
    </div>
  );
}

const dayOf = new Intl.DateTimeFormat("en", { dateStyle: "full", timeZone: "UTC" });

function inWords(date: string): string {
  const at = Date.parse(`${date}T00:00:00Z`);
  return Number.isNaN(at) ? date : dayOf.format(at);
}

function Holidays({ form }: { form: KeptForm<Values> }) {
  const [date, setDate] = useState("");
  const { holidays } = form.values;
  const add = () => {
    if (!date) return;
    form.setFieldValue("holidays", [...new Set([...holidays, date])].sort());
    setDate("");
  };
  return (
    <section>
      <Title order={2}>Holidays</Title>
      <Text size="sm" c="dimmed" mb="xs">
        Days on which the desk is closed whatever the weekday.
      </Text>
      <Group align="flex-end" mb="xs">
        <TextInput
          label="Date"
          type="date"
          value={date}
          error={form.errors.holidays}
          onChange={(event) => setDate(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== "Enter") return;
            event.preventDefault();
            add();
          }}
        />
        <Button variant="default" size="sm" disabled={!date} onClick={add}>
          Add
        </Button>
      </Group>
      {holidays.length === 0 ? (
        <Text size="sm">None yet.</Text>
      ) : (
        <ul className={classes.holidays}>
          {holidays.map((day) => (
            <li key={day}>
              <time dateTime={day}>{inWords(day)}</time>
              <ActionIcon
                aria-label={`Remove ${inWords(day)}`}
                onClick={() =>
                  form.setFieldValue(
                    "holidays",
                    holidays.filter((other) => other !== day),
                  )
                }
              >
                <X size={14} aria-hidden />
              </ActionIcon>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
