import { Button, Menu } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { BookmarkPlus } from "lucide-react";
import { Suspense, lazy, useState } from "react";
import { client } from "~/api/client";
import { useMayAct } from "~/api/session";
import { showDone, showProblem } from "~/components/toast";
import classes from "~/components/list.module.css";
import { type TicketSearch, filtersIn, isFiltered } from "./search";
import { useCurrentView, useMayChange } from "./views";

const NewView = lazy(async () => ({ default: (await import("./new-view")).NewView }));

interface Props {
  search: TicketSearch;
  onChange: (search: TicketSearch) => void;
}

/** Keeps the present filters under a name, or in the view that they began with. */
export function SaveView({ search, onChange }: Props) {
  const mayAct = useMayAct();
  const mayChange = useMayChange();
  const queries = useQueryClient();
  const { view, changed } = useCurrentView(search);
  const [naming, setNaming] = useState(false);
  if (!mayAct || !isFiltered(search) || (view && !changed)) return null;
  const again = () => void queries.invalidateQueries({ queryKey: ["get", "/api/saved-views"] });
  const update = async () => {
    if (!view) return;
    try {
      const body = { filters: filtersIn(search), sort: search.sort ?? "-createdAt", version: view.version };
      await client.PATCH("/api/saved-views/{id}", { params: { path: { id: view.id } }, body });
      again();
      showDone(`View “${view.name}” is saved`);
    } catch (error) {
      showProblem(`The view “${view.name}” was not saved`, error);
    }
  };
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <Button
            variant="subtle"
            color="gray"
            size="compact-xs"
            className={classes.order}
            aria-label="Save as a view"
            title="Save as a view"
          >
            <BookmarkPlus size={14} aria-hidden />
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {view && mayChange(view) && <Menu.Item onClick={() => void update()}>Save to “{view.name}”</Menu.Item>}
          <Menu.Item onClick={() => setNaming(true)}>Save as a new view…</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Suspense>
        {naming && (
          <NewView
            search={search}
            onClose={() => setNaming(false)}
            onDone={(saved) => {
              setNaming(false);
              again();
              onChange(saved);
            }}
          />
        )}
      </Suspense>
    </>
  );
}
