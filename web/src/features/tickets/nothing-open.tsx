import { Stack, Text, Title } from "@mantine/core";
import { Inbox } from "lucide-react";

/** Instead of a ticket, when none is open. */
export function NothingOpen() {
  return (
    <Stack align="center" justify="center" gap={6} h="100%" p="xl">
      <Inbox size={28} strokeWidth={1.5} color="var(--mantine-color-dimmed)" aria-hidden />
      <Title order={2}>Choose a ticket</Title>
      <Text size="sm" c="dimmed" ta="center">
        J and K move through the list, Enter opens.
      </Text>
    </Stack>
  );
}
