import { Outlet, createFileRoute, useMatchRoute, useNavigate } from "@tanstack/react-router";
import { Panes } from "~/components/panes";
import { TicketList } from "~/features/tickets/list";
import { TicketSearch } from "~/features/tickets/search";
import { ticketList } from "~/features/tickets/use-ticket-list";

export const Route = createFileRoute("/_app/tickets")({
  validateSearch: TicketSearch,
  loaderDeps: ({ search }) => search,
  // Not awaited: the list shows its own placeholders, and its own errors.
  loader: ({ context, deps }) => void context.queries.prefetchInfiniteQuery(ticketList.query(deps)),
  component: TicketsRoute,
});

function TicketsRoute() {
  const search = Route.useSearch();
  const navigate = useNavigate({ from: Route.fullPath });
  const open = Boolean(useMatchRoute()({ to: "/tickets/$ticket" }));
  return (
    <Panes
      open={open}
      list={
        <TicketList
          search={search}
          onSearch={(changed) => void navigate({ to: ".", search: changed, replace: true })}
        />
      }
    >
      <Outlet />
    </Panes>
  );
}
