import { Text } from "@mantine/core";
import type { Problem } from "~/api/problem";

/** What the server refused and why, where it was asked for; with the request id that names it in the server's log. */
export function Refusal({ problem }: { problem: Problem | null }) {
  if (!problem) return null;
  return (
    <div role="alert">
      <Text size="sm" c="var(--mantine-color-error)" style={{ overflowWrap: "anywhere" }}>
        {problem.message}
      </Text>
      <RequestId problem={problem} />
    </div>
  );
}

export function RequestId({ problem }: { problem: Problem }) {
  if (!problem.requestId) return null;
  return (
    <Text size="xs" c="dimmed" mt={4} style={{ overflowWrap: "anywhere" }}>
      Request {problem.requestId}
    </Text>
  );
}
