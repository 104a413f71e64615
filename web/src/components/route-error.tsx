import { Button, Stack, Text, Title } from "@mantine/core";
import { useRouter } from "@tanstack/react-router";
import { Problem } from "~/api/problem";

/** Instead of a page that could not be loaded. */
export function RouteError({ error }: { error: unknown }) {
  const router = useRouter();
  return <Failure error={error} onRetry={() => void router.invalidate()} />;
}

/** Says what went wrong, with the request id that names it in the server's log. */
export function Failure({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  const problem = Problem.of(error);
  const title = problem.status === 404 ? "Not found" : "This could not be loaded";
  return (
    <Stack role="alert" align="center" justify="center" gap="xs" p="xl" mih={240}>
      <Title order={2}>{title}</Title>
      <Text size="sm" c="dimmed" ta="center" maw={360}>
        {problem.message}
      </Text>
      {problem.requestId && (
        <Text size="xs" c="dimmed" ff="monospace">
          {problem.requestId}
        </Text>
      )}
      {problem.status !== 404 && (
        <Button variant="default" onClick={onRetry}>
          Try again
        </Button>
      )}
    </Stack>
  );
}
