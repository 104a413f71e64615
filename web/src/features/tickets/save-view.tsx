import { Button, Menu, Modal, Switch, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { BookmarkPlus } from "lucide-react";
import { useState } from "react";
import { type Schemas, client } from "~/api/client";
import { Problem } from "~/api/problem";
import { useMayAct, useUser } from "~/api/session";
import { showDone, showProblem } from "~/components/toast";
import { useOnceKey } from "~/lib/once";
import classes from "./list.module.css";
import { type TicketSearch, filtersOf, isFiltered, searchOfView } from "./search";
import { useCurrentView, useMayChange } from "./views";

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
      <Modal
        opened={naming}
        onClose={() => setNaming(false)}
        title="New view"
        size="sm"
        closeButtonProps={{ "aria-label": "Close" }}
      >
        <NewView
          search={search}
          onDone={(saved) => {
            setNaming(false);
            again();
            onChange(saved);
          }}
        />
      </Modal>
    </>
  );
}

/** Filters that are not set may be left out, which the types of the document cannot say. */
function filtersIn(search: TicketSearch): Schemas["ViewFilters"] {
  return filtersOf(search) as Schemas["ViewFilters"];
}

function NewView({ search, onDone }: { search: TicketSearch; onDone: (search: TicketSearch) => void }) {
  const isAdmin = useUser()?.role === "ADMIN";
  const once = useOnceKey();
  const [name, setName] = useState("");
  const [isShared, setShared] = useState(false);
  const [fault, setFault] = useState<string | null>(null);
  const [saving, setSaving] = useState(false);
  const save = async () => {
    if (saving) return;
    setSaving(true);
    const body = { name: name.trim(), filters: filtersIn(search), sort: search.sort, isShared };
    try {
      const header = { "Idempotency-Key": once.keyFor(body) };
      const { data } = await client.POST("/api/saved-views", { params: { header }, body });
      once.done();
      if (data) onDone(searchOfView(data));
    } catch (error) {
      const problem = Problem.of(error);
      setFault(problem.byField().name ?? problem.message);
    } finally {
      setSaving(false);
    }
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <TextInput
        data-autofocus
        label="Name"
        placeholder="Such as “VPN, waiting”"
        value={name}
        error={fault}
        maxLength={80}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      {isAdmin && (
        <Switch
          mt="sm"
          size="xs"
          label="For everybody"
          checked={isShared}
          onChange={(event) => setShared(event.currentTarget.checked)}
        />
      )}
      <Button type="submit" mt="md" loading={saving} disabled={name.trim() === ""}>
        Save the view
      </Button>
    </form>
  );
}
