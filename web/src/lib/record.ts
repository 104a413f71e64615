import { type QueryKey, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Problem } from "~/api/problem";
import { useFlight } from "./flight";
import { type KeptForm, showAtFields, useKeptForm } from "./kept-form";
import { useOnceKey } from "./once";

/** What every row has that can be changed. */
export interface Saved {
  id: string;
  version: number;
}

/** Parameters of a request that adds: the key by which the server knows a repetition. */
export interface Once {
  header: { "Idempotency-Key": string };
}

export interface Recipe<V extends Record<string, unknown>, R extends Saved, B extends object> {
  /** What it is: `macro`, for messages and for the name under which the text is kept. */
  what: string;
  /** The row that is changed; null for a new one. */
  row: R | null;
  /** What the form shows of a row; of null, how a new one begins. */
  read: (row: R | null) => V;
  /** What is sent of what the form shows. */
  write: (values: V) => B;
  add: (body: B, params: Once) => Promise<{ data?: R | undefined }>;
  /** Gets only what was changed here, so that saving over somebody else's change keeps the rest of it. */
  change: (id: string, body: Partial<B> & { version: number }) => Promise<{ data?: R | undefined }>;
  /** Which field of the form a field of the server belongs to; its first word when absent (`tags[0]` → `tags`). */
  fieldOf?: (field: string) => string;
  /** Queries whose answers changed. */
  refresh: QueryKey[];
  onSaved: (row: R) => void;
}

export interface RecordState<V extends Record<string, unknown>, R extends Saved> {
  what: string;
  form: KeptForm<V>;
  busy: boolean;
  isNew: boolean;
  /** What the server refused and belongs to no field. */
  problem: Problem | null;
  /** The row as somebody else saved it meanwhile. */
  theirs: R | null;
  submit: () => void;
  saveOver: () => void;
  takeTheirs: () => void;
}

/** A form that makes a row or changes one. Faults go to their fields, what was typed is kept, two clicks send once. */
export function useRecord<V extends Record<string, unknown>, R extends Saved, B extends object>(
  recipe: Recipe<V, R, B>,
): RecordState<V, R> {
  const { what, read, write, add, change, fieldOf = firstWord, refresh, onSaved } = recipe;
  // What the form began with: a change by somebody else since then must be told.
  const [base, setBase] = useState(recipe.row);
  const [theirs, setTheirs] = useState<R | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const form = useKeptForm<V>(`${what}.${recipe.row?.id ?? "new"}`, { initialValues: read(recipe.row) });
  const once = useOnceKey();
  const queries = useQueryClient();
  const { fly, busy } = useFlight();

  const send = async (version: number) => {
    const body = write(form.getValues());
    if (!base) return add(body, { header: { "Idempotency-Key": once.keyFor(body) } });
    const before = write(read(base)) as Record<string, unknown>;
    const changed = Object.entries(body).filter(
      ([field, value]) => JSON.stringify(value) !== JSON.stringify(before[field]),
    );
    return change(base.id, { ...(Object.fromEntries(changed) as Partial<B>), version });
  };
  const save = (version: number) =>
    void fly(async () => {
      setProblem(null);
      try {
        const { data } = await send(version);
        once.done();
        setTheirs(null);
        form.settle();
        for (const queryKey of refresh) void queries.invalidateQueries({ queryKey });
        // Failures are thrown by the client.
        onSaved(data as R);
      } catch (error) {
        const refused = Problem.of(error);
        if (refused.code === "stale_version" && refused.current) return setTheirs(refused.current as R);
        setProblem(showAtFields(form, gathered(refused, fieldOf), (field) => field in form.getValues()));
      }
    });
  return {
    what,
    form,
    busy,
    isNew: recipe.row === null,
    problem,
    theirs,
    submit: () => save(base?.version ?? 0),
    saveOver: () => theirs && save(theirs.version),
    takeTheirs: () => {
      if (!theirs) return;
      setBase(theirs);
      form.settle(read(theirs));
      setTheirs(null);
      for (const queryKey of refresh) void queries.invalidateQueries({ queryKey });
    },
  };
}

/** `tags[0]` and `tags.x` → `tags`: the form has one field for all of it. */
function firstWord(field: string): string {
  return field.replace(/[.[].*$/, "");
}

/** Faults of several parts of one field are told together at the field. */
export function gathered(problem: Problem, fieldOf: (field: string) => string = firstWord): Problem {
  const words = new Map<string, string[]>();
  for (const { field, message } of problem.fields) {
    const at = fieldOf(field);
    words.set(at, [...(words.get(at) ?? []), message]);
  }
  const fields = [...words].map(([field, messages]) => ({ field, message: [...new Set(messages)].join("; ") }));
  return new Problem(problem.message, { ...problem, fields });
}
