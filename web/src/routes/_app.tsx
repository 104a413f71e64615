import { Outlet, createFileRoute, redirect } from "@tanstack/react-router";
import { lookupsQuery } from "~/api/queries";
import { isSignedIn } from "~/api/session";
import { Shell } from "~/app/shell";

export const Route = createFileRoute("/_app")({
  beforeLoad: async ({ location }) => {
    if (await isSignedIn()) return;
    throw redirect({ to: "/sign-in", search: { next: location.href } });
  },
  loader: ({ context }) => context.queries.ensureQueryData(lookupsQuery),
  component: () => (
    <Shell>
      <Outlet />
    </Shell>
  ),
});
