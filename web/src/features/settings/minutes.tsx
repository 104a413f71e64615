import { Group, Input, NumberInput, Select } from "@mantine/core";
import { type ReactNode, useId, useState } from "react";

const UNITS = [
  { value: "1", label: "minutes" },
  { value: "60", label: "hours" },
];

/** `30 min`, `4 h`, `1 h 30 min`; of no time, a dash. */
export function inHours(minutes: number | null): string {
  if (minutes === null) return "–";
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  return [hours > 0 && `${String(hours)} h`, rest > 0 && `${String(rest)} min`].filter(Boolean).join(" ") || "0 min";
}

interface Props {
  label: string;
  value?: number | null;
  error?: ReactNode;
  onChange: (minutes: number | null) => void;
}

/** A span of time, typed in minutes or hours and kept in minutes. An empty one promises nothing. */
export function Minutes({ label, value = null, error, onChange }: Props) {
  const id = useId();
  const [unit, setUnit] = useState(value !== null && value % 60 === 0 ? "60" : value === null ? "60" : "1");
  const factor = Number(unit);
  return (
    <Input.Wrapper label={label} labelProps={{ htmlFor: id }} error={error}>
      <Group gap={6} wrap="nowrap">
        <NumberInput
          id={id}
          flex={1}
          min={0}
          decimalScale={2}
          placeholder="No promise"
          error={Boolean(error)}
          value={value === null ? "" : value / factor}
          onChange={(amount) => onChange(amount === "" ? null : Math.round(Number(amount) * factor))}
        />
        <Select
          aria-label={`Unit of “${label}”`}
          w={100}
          allowDeselect={false}
          data={UNITS}
          value={unit}
          onChange={(next) => {
            if (!next) return;
            // The number stays, what it means changes.
            if (value !== null) onChange(Math.round((value / factor) * Number(next)));
            setUnit(next);
          }}
        />
      </Group>
    </Input.Wrapper>
  );
}
