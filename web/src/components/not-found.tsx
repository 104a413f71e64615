import { Anchor, Stack, Text, Title } from "@mantine/core";
import { Link } from "@tanstack/react-router";

export function NotFound() {
  return (
    <Stack component="main" align="center" justify="center" gap="xs" h="100%">
      <Title order={1}>Nothing is here</Title>
      <Text size="sm" c="dimmed">
        The address may be mistyped, or the page is gone.
      </Text>
      <Anchor size="sm" renderRoot={(props) => <Link to="/tickets" {...props} />}>
        To the tickets
      </Anchor>
    </Stack>
  );
}
