import { Outlet, createFileRoute, useMatchRoute, useNavigate } from "@tanstack/react-router";
import { Panes } from "~/components/panes";
import { CallList } from "~/features/calls/list";
import { CallSearch } from "~/features/calls/search";
import { callList } from "~/features/calls/use-call-list";

export const Route = createFileRoute("/_app/calls/_list")({
  validateSearch: CallSearch,
  loaderDeps: ({ search }) => search,
  // Not awaited: the list shows its own placeholders, and its own errors.
  loader: ({ context, deps }) => void context.queries.prefetchInfiniteQuery(callList.query(deps)),
  component: CallsRoute,
});

function CallsRoute() {
  const search = Route.useSearch();
  const navigate = useNavigate();
  const open = Boolean(useMatchRoute()({ to: "/calls/$call" }));
  return (
    <Panes
      open={open}
      list={
        <CallList search={search} onSearch={(changed) => void navigate({ to: ".", search: changed, replace: true })} />
      }
    >
      <Outlet />
    </Panes>
  );
}
