import type { QueryClient } from "@tanstack/react-query";
import { createRouter } from "@tanstack/react-router";
import { onSignedOut } from "~/api/session";
import { RouteError } from "~/components/route-error";
import { parseSearch, stringifySearch } from "~/lib/plain-search";
import { routeTree } from "~/routeTree.gen";

export function createDeskRouter(queries: QueryClient) {
  const router = createRouter({
    routeTree,
    context: { queries },
    defaultPreload: "intent",
    // The query cache decides what is stale.
    defaultPreloadStaleTime: 0,
    defaultErrorComponent: RouteError,
    parseSearch,
    stringifySearch,
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
