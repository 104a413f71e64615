import { Button, Group } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { type Schemas, api } from "~/api/client";
import { Problem } from "~/api/problem";
import { lookupsQuery } from "~/api/queries";
import { useSending } from "~/api/sending";
import { Page } from "~/components/page";
import { Failure } from "~/components/route-error";
import { StaleNotice } from "~/components/stale";
import { TableSkeleton } from "~/components/table";
import { showDone, showProblem } from "~/components/toast";
import { UnsavedGuard } from "~/components/unsaved-guard";
import { type KeptForm, showAtFields, useKeptForm } from "~/lib/kept-form";
import { gathered } from "~/lib/record";

export type Workspace = Schemas["WorkspaceRow"];
type Changes = Schemas["WorkspaceChanges"];

const workspaceQuery = api.queryOptions("get", "/api/workspace");

interface Part<T extends Record<string, unknown>> {
  title: string;
  about: string;
  /** What the form shows of the settings, and what it sends of what it shows. */
  read: (workspace: Workspace) => T;
  write: (values: T) => Changes;
  /** Which field of the form a field of the server belongs to; itself when absent. */
  fieldOf?: (field: string) => string;
  children: (form: KeptForm<T>, workspace: Workspace) => ReactNode;
}

/** One page of the workspace's settings. Only what the page shows is sent. */
export function WorkspacePart<T extends Record<string, unknown>>(part: Part<T>) {
  const { data, error, refetch } = useQuery(workspaceQuery);
  return (
    <Page title={part.title} about={part.about} narrow>
      {data ? (
        <Form key={part.title} workspace={data} {...part} />
      ) : error ? (
        <Failure error={error} onRetry={() => void refetch()} />
      ) : (
        <TableSkeleton label="settings" />
      )}
    </Page>
  );
}

function Form<T extends Record<string, unknown>>({
  workspace,
  title,
  read,
  write,
  fieldOf = (field) => field,
  children,
}: Part<T> & { workspace: Workspace }) {
  // The version that was read when the form began: a change by somebody else since then must be told.
  const [version, setVersion] = useState(workspace.version);
  const [base, setBase] = useState(() => read(workspace));
  const [theirs, setTheirs] = useState<Workspace | null>(null);
  const form = useKeptForm<T>(`workspace.${title}`, { initialValues: read(workspace) });
  const queries = useQueryClient();
  const accept = (saved: Workspace) => {
    queries.setQueryData(workspaceQuery.queryKey, saved);
    void queries.invalidateQueries({ queryKey: lookupsQuery.queryKey });
    setVersion(saved.version);
    setBase(read(saved));
    setTheirs(null);
    form.settle(read(saved));
  };
  const save = useSending("patch", "/api/workspace", {
    onSuccess: (saved) => {
      accept(saved);
      showDone("The settings are saved");
    },
    onError: (error) => {
      const problem = Problem.of(error);
      if (problem.code === "stale_version") return setTheirs(problem.current as Workspace);
      const shown = { setErrors: (errors: Record<string, string>) => form.setErrors(errors) };
      const known = (field: string) => fieldOf(field) in form.values;
      const rest = showAtFields(shown, gathered(problem, fieldOf), (field) => known(field));
      if (rest) showProblem("The settings were not saved", rest);
    },
  });
  // Only what was changed here is sent, so that saving over somebody else's change keeps the rest of it.
  const send = (over: number) => {
    const before = write(base) as Record<string, unknown>;
    const changed = Object.entries(write(form.values)).filter(
      ([field, value]) => JSON.stringify(value) !== JSON.stringify(before[field]),
    );
    if (!save.isPending) save.mutate({ body: { ...Object.fromEntries(changed), version: over } });
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        send(version);
      }}
      noValidate
    >
      {theirs && <StaleNotice what="workspace" onMine={() => send(theirs.version)} onTheirs={() => accept(theirs)} />}
      {children(form, workspace)}
      <Group mt="lg">
        <Button type="submit" size="sm" loading={save.isPending} disabled={!form.isDirty()}>
          Save
        </Button>
        {form.isDirty() && (
          <Button variant="default" size="sm" onClick={() => form.settle()}>
            Discard changes
          </Button>
        )}
      </Group>
      <UnsavedGuard dirty={form.isDirty()} onDiscard={() => form.settle()} />
    </form>
  );
}
