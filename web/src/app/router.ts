import type { QueryClient } from "@tanstack/react-query";
import { createRouter, parseSearchWith, stringifySearchWith } from "@tanstack/react-router";
import { onSignedOut } from "~/api/session";
import { RouteError } from "~/components/route-error";
import { routeTree } from "~/routeTree.gen";

export function createDeskRouter(queries: QueryClient) {
  const router = createRouter({
    routeTree,
    context: { queries },
    defaultPreload: "intent",
    // The query cache decides what is stale.
    defaultPreloadStaleTime: 0,
    defaultErrorComponent: RouteError,
    // Every search parameter is plain text, so that addresses stay readable: `?status=OPEN,ESCALATED&q=42`.
    parseSearch: parseSearchWith((text) => text),
    stringifySearch: stringifySearchWith(String),
  });
  onSignedOut(() => {
    const { pathname, href } = router.state.location;
    const left = pathname === "/sign-in" ? null : router.navigate({ to: "/sign-in", search: { next: href } });
    // Nothing of the desk stays behind for whoever signs in next.
    void Promise.resolve(left).then(() => queries.clear());
  });
  return router;
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createDeskRouter>;
  }
}
