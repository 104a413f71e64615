import { QueryClient } from "@tanstack/react-query";
import { Problem } from "~/api/problem";

/** Refusals stay refusals; only what may pass by itself is tried again. */
function mayPass(error: unknown): boolean {
  const { status } = Problem.of(error);
  return status === 0 || status === 429 || status >= 500;
}

export function createQueries(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        // Live events say when something is stale; coming back to the page is the safety net.
        staleTime: 30_000,
        retry: (failures, error) => failures < 2 && mayPass(error),
      },
      mutations: { retry: false },
    },
  });
}
