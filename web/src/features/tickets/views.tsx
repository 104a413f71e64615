import { ActionIcon, Button, Menu, Modal, TextInput } from "@mantine/core";
import { useQueries, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Bookmark, CircleUserRound, Ellipsis, Inbox, type LucideIcon, Rows3, UserRoundX, Users } from "lucide-react";
import { useState } from "react";
import { type Schemas, api, client } from "~/api/client";
import { Problem } from "~/api/problem";
import { useMayAct, useUser } from "~/api/session";
import { showDone, showProblem } from "~/components/toast";
import { STATUSES, type TicketSearch, sameList, searchOfView } from "./search";
import { countTickets } from "./use-ticket-list";
import classes from "./views.module.css";

export type View = Schemas["SavedViewRow"];

const NOT_DONE = STATUSES.slice(0, 4).join(",");
/** Counts move with live events; this is how long one holds without any. */
const COUNT_STALE_MS = 60_000;

/** The views that every desk has. */
const BUILT_IN: { name: string; icon: LucideIcon; search: TicketSearch; counted: boolean }[] = [
  { name: "Inbox", icon: Inbox, search: { status: NOT_DONE }, counted: true },
  { name: "Assigned to me", icon: CircleUserRound, search: { status: NOT_DONE, assigneeId: "me" }, counted: true },
  { name: "Unassigned", icon: UserRoundX, search: { status: NOT_DONE, assigneeId: "none" }, counted: true },
  { name: "All tickets", icon: Rows3, search: {}, counted: false },
];

/** Whether a view shows what a built-in one shows. */
function isBuiltIn(view: View): boolean {
  return BUILT_IN.some(({ search }) => sameList(search, searchOfView(view)));
}

const viewsQuery = api.queryOptions("get", "/api/saved-views", { params: { query: { counts: true } } });

function useViews(): View[] {
  return api.useQuery("get", "/api/saved-views", { params: { query: { counts: true } } }).data?.items ?? NONE;
}

const NONE: View[] = [];

/** The name of what the list shows. */
export function useViewName(search: TicketSearch): string {
  const views = useViews();
  const saved =
    views.find(({ id }) => id === search.view) ?? views.find((view) => sameList(searchOfView(view), search));
  if (saved) return saved.name;
  return BUILT_IN.find((view) => sameList(view.search, search))?.name ?? "Tickets";
}

/** The saved view that the filters began with, and whether they were changed since. */
export function useCurrentView(search: TicketSearch): { view: View | undefined; changed: boolean } {
  const view = useViews().find(({ id }) => id === search.view);
  return { view, changed: view !== undefined && !sameList(searchOfView(view), search) };
}

/** Whether a view may be changed by whoever is signed in: shared ones are the administrators'. */
export function useMayChange(): (view: { isShared: boolean }) => boolean {
  const mayAct = useMayAct();
  const role = useUser()?.role;
  return ({ isShared }) => (isShared ? role === "ADMIN" : mayAct);
}

/** For the sidebar: where to find which tickets, and how many there are. */
export function TicketViews() {
  const views = useViews().filter((view) => !isBuiltIn(view));
  const counts = useQueries({
    queries: BUILT_IN.map(({ search, counted }) => ({
      queryKey: ["count of tickets", search],
      queryFn: ({ signal }: { signal: AbortSignal }) => countTickets(search, signal),
      enabled: counted,
      staleTime: COUNT_STALE_MS,
    })),
  });
  const [own, shared] = [views.filter((view) => !view.isShared), views.filter((view) => view.isShared)];
  return (
    <>
      <h2 className={classes.group}>Tickets</h2>
      {BUILT_IN.map(({ name, icon, search }, index) => (
        <ViewLink key={name} name={name} icon={icon} search={search} count={counts[index]?.data} />
      ))}
      {own.length > 0 && <h2 className={classes.group}>Your views</h2>}
      {own.map((view) => (
        <SavedView key={view.id} view={view} icon={Bookmark} />
      ))}
      {shared.length > 0 && <h2 className={classes.group}>Shared views</h2>}
      {shared.map((view) => (
        <SavedView key={view.id} view={view} icon={Users} />
      ))}
    </>
  );
}

interface LinkProps {
  name: string;
  icon: LucideIcon;
  search: TicketSearch;
  count: number | null | undefined;
}

function ViewLink({ name, icon: Icon, search, count }: LinkProps) {
  return (
    <Link
      to="/tickets"
      search={search}
      activeOptions={{ includeSearch: true, explicitUndefined: true }}
      className={classes.view}
    >
      <Icon size={15} aria-hidden />
      <span className={classes.name}>{name}</span>
      {count !== undefined && count !== null && (
        <span className={classes.count} aria-label={`${String(count)} tickets`}>
          {count > 999 ? "999+" : count}
        </span>
      )}
    </Link>
  );
}

function SavedView({ view, icon }: { view: View; icon: LucideIcon }) {
  const queries = useQueryClient();
  const mayChange = useMayChange()(view);
  const [renaming, setRenaming] = useState(false);
  const again = () => void queries.invalidateQueries({ queryKey: viewsQuery.queryKey });
  const remove = async () => {
    try {
      await client.DELETE("/api/saved-views/{id}", { params: { path: { id: view.id } } });
      again();
      showDone(`View “${view.name}” is deleted`, () => {
        const filters = view.filters as unknown as Schemas["ViewFilters"];
        const body = { name: view.name, filters, sort: view.sort, isShared: view.isShared };
        client
          .POST("/api/saved-views", { body })
          .then(again)
          .catch((error: unknown) => showProblem("The view was not brought back", error));
      });
    } catch (error) {
      showProblem(`The view “${view.name}” was not deleted`, error);
    }
  };
  return (
    <div className={classes.saved}>
      <ViewLink name={view.name} icon={icon} search={searchOfView(view)} count={view.ticketCount} />
      {mayChange && (
        <Menu position="bottom-end">
          <Menu.Target>
            <ActionIcon size={24} className={classes.more} aria-label={`View ${view.name}: more`}>
              <Ellipsis size={14} aria-hidden />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item onClick={() => setRenaming(true)}>Rename…</Menu.Item>
            <Menu.Item onClick={() => void remove()}>Delete</Menu.Item>
          </Menu.Dropdown>
        </Menu>
      )}
      {renaming && <Rename view={view} onClose={() => setRenaming(false)} onDone={again} />}
    </div>
  );
}

function Rename({ view, onClose, onDone }: { view: View; onClose: () => void; onDone: () => void }) {
  const [name, setName] = useState(view.name);
  const [fault, setFault] = useState<string | null>(null);
  const [saving, setSaving] = useState(false);
  const save = async () => {
    setSaving(true);
    try {
      const params = { path: { id: view.id } };
      await client.PATCH("/api/saved-views/{id}", { params, body: { name, version: view.version } });
      onDone();
      onClose();
    } catch (error) {
      const problem = Problem.of(error);
      setFault(problem.byField().name ?? problem.message);
    } finally {
      setSaving(false);
    }
  };
  return (
    <Modal opened onClose={onClose} title="Rename the view" size="sm" closeButtonProps={{ "aria-label": "Close" }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <TextInput
          data-autofocus
          label="Name"
          value={name}
          error={fault}
          maxLength={80}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Button type="submit" mt="md" loading={saving} disabled={name.trim() === ""}>
          Rename
        </Button>
      </form>
    </Modal>
  );
}
