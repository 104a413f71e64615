import { Select, type SelectProps } from "@mantine/core";

interface Props extends Omit<SelectProps, "value" | "onChange" | "form"> {
  /** The empty text is no choice. */
  value?: string;
  onChange: (value: string) => void;
}

/** Chooses one or none. Forms have an empty text for none, so that what they hold can always be compared. */
export function Choice({ value, onChange, ...rest }: Props) {
  return <Select clearable {...rest} value={value || null} onChange={(chosen) => onChange(chosen ?? "")} />;
}

/** Choices of the server as a field wants them. */
export function choices(list: { key: string; label: string }[]): { value: string; label: string }[] {
  return list.map(({ key, label }) => ({ value: key, label }));
}

/** Rows as a field wants them. */
export function named(list: { id: string; name: string }[]): { value: string; label: string }[] {
  return list.map(({ id, name }) => ({ value: id, label: name }));
}
