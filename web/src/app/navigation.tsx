import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Bookmark, type LucideIcon } from "lucide-react";
import { api } from "~/api/client";
import type { DeskPage } from "./pages";
import classes from "./shell.module.css";
import { VIEWS, type ViewSearch, isBuiltIn, searchOf } from "./views";

/** Where to go: the views of the list, with their numbers, and the other pages. */
export function Navigation({ pages }: { pages: DeskPage[] }) {
  const saved = useSavedViews();
  return (
    <div className={classes.views}>
      <h2 className={classes.group}>Tickets</h2>
      {VIEWS.map((view) =>
        view.counted ? <CountedView key={view.name} {...view} /> : <View key={view.name} {...view} />,
      )}
      {saved.length > 0 && <h2 className={classes.group}>Views</h2>}
      {saved.map(({ id, name, search, count }) => (
        <View key={id} name={name} icon={Bookmark} search={search} count={count} />
      ))}
      <h2 className={classes.group}>Team</h2>
      {pages
        .filter(({ to }) => to !== "/tickets" && to !== "/account")
        .map(({ to, label, icon: Icon }) => (
          <Link key={to} to={to} className={classes.view}>
            <Icon size={15} aria-hidden /> {label}
          </Link>
        ))}
    </div>
  );
}

interface ViewProps {
  name: string;
  icon: LucideIcon;
  search: ViewSearch;
  count?: number | null | undefined;
}

function View({ name, icon: Icon, search, count }: ViewProps) {
  return (
    <Link
      to="/tickets"
      // The list reads what it knows of the address and leaves out the rest.
      search={search as object}
      activeOptions={{ includeSearch: true, explicitUndefined: true }}
      className={classes.view}
    >
      <Icon size={15} aria-hidden />
      <span className={classes.name}>{name}</span>
      {typeof count === "number" && <span className={classes.count}>{count}</span>}
    </Link>
  );
}

function CountedView(view: ViewProps) {
  const query = { ...filtersOf(view.search), limit: 1, count: "exact" };
  const { data } = useQuery(
    api.queryOptions("get", "/api/tickets", { params: { query } }, { select: ({ total }) => total, staleTime: 60_000 }),
  );
  return <View {...view} count={data} />;
}

function filtersOf(search: ViewSearch): { status?: string[]; assigneeId?: string[] } {
  const { status, assigneeId } = search;
  return {
    ...(status && { status: status.split(",") }),
    ...(assigneeId && { assigneeId: assigneeId.split(",") }),
  };
}

const NO_VIEWS: never[] = [];

function useSavedViews() {
  const { data } = useQuery(
    api.queryOptions("get", "/api/saved-views", { params: { query: { counts: true } } }, { staleTime: 60_000 }),
  );
  const views = data?.items.map(({ id, name, filters, sort, ticketCount }) => ({
    id,
    name,
    search: searchOf(filters, sort),
    count: ticketCount,
  }));
  return views?.filter(({ search }) => !isBuiltIn(search)) ?? NO_VIEWS;
}
