import { Button, Group, Stack, Text, Title } from "@mantine/core";
import { useRouter } from "@tanstack/react-router";
import { Problem } from "~/api/problem";
import { Forbidden } from "./forbidden";

/** Instead of a page that could not be loaded. */
export function RouteError({ error }: { error: unknown }) {
  const router = useRouter();
  return <Failure error={error} onRetry={() => void router.invalidate()} />;
}

/** What browsers say when a part of the page is gone, since a newer version of the page took its place. */
const PART_IS_GONE = /dynamically imported module|module script failed|preload CSS/i;

/** Says what went wrong, with the request id that names it in the server's log, and leads on. */
export function Failure({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  const problem = Problem.of(error);
  if (problem.status === 403) return <Forbidden />;
  const outdated = PART_IS_GONE.test(problem.message);
  const title = problem.status === 404 ? "Not found" : outdated ? "There is a newer page" : "This could not be loaded";
  return (
    <Stack role="alert" align="center" justify="center" gap="xs" p="xl" mih={240}>
      <Title order={2}>{title}</Title>
      <Text size="sm" c="dimmed" ta="center" maw={360}>
        {outdated ? "Patchcord was brought up to date while this page was open." : problem.message}
      </Text>
      {problem.requestId && (
        <Text size="xs" c="dimmed" ff="monospace">
          {problem.requestId}
        </Text>
      )}
      <Group gap="xs">
        {problem.status !== 404 && (
          <Button variant="default" onClick={outdated ? () => location.reload() : onRetry}>
            {outdated ? "Load it" : "Try again"}
          </Button>
        )}
        <Button component="a" href="/tickets" variant="subtle">
          To the tickets
        </Button>
      </Group>
    </Stack>
  );
}
