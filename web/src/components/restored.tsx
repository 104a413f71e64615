import { Text, UnstyledButton } from "@mantine/core";

interface Props {
  form: { restored: boolean; settle: () => void };
}

/** Says that a form begins with what was typed before, and lets it begin anew. */
export function Restored({ form }: Props) {
  if (!form.restored) return null;
  return (
    <Text size="xs" c="dimmed" mb="xs">
      This is what you typed before and did not save.{" "}
      <UnstyledButton type="button" fz={12} td="underline" onClick={() => form.settle()}>
        Begin anew
      </UnstyledButton>
    </Text>
  );
}
