import { Stack, Text, Title } from "@mantine/core";
import { Phone } from "lucide-react";

/** Instead of a call, when none is open. */
export function NothingOpen() {
  return (
    <Stack align="center" justify="center" gap={6} h="100%" p="xl">
      <Phone size={28} strokeWidth={1.5} color="var(--mantine-color-dimmed)" aria-hidden />
      <Title order={2}>Choose a call</Title>
      <Text size="sm" c="dimmed" ta="center">
        J and K move through the list, Enter opens.
      </Text>
    </Stack>
  );
}
