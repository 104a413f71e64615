import { type UseFormInput, type UseFormReturnType, useForm } from "@mantine/form";
import { useEffect, useState } from "react";
import { Problem } from "~/api/problem";
import { currentUserId } from "~/api/session";

const PREFIX = "patchcord.form.";

function stored<T>(name: string): Partial<T> | null {
  try {
    const value: unknown = JSON.parse(sessionStorage.getItem(name) ?? "null");
    return value && typeof value === "object" ? (value as Partial<T>) : null;
  } catch {
    return null;
  }
}

function store(name: string, values: unknown): void {
  try {
    if (values === null) sessionStorage.removeItem(name);
    else sessionStorage.setItem(name, JSON.stringify(values));
  } catch {
    // What was typed is still there while the page is open.
  }
}

export interface KeptForm<T extends Record<string, unknown>> extends UseFormReturnType<T> {
  /** Whether the form began with what was typed before and never saved. */
  restored: boolean;
  /** Forgets what was typed: it was saved, or is not wanted. `values` are what the form shows from now on. */
  settle: (values?: T) => void;
}

/**
 * A form whose text outlives a reload or the end of the session: what was typed is kept in this tab's session storage under
 * the user and the name until it is saved or discarded.
 */
export function useKeptForm<T extends Record<string, unknown>>(name: string, input: UseFormInput<T>): KeptForm<T> {
  const [key] = useState(() => `${PREFIX}${currentUserId() ?? ""}.${name}`);
  const [before] = useState(() => stored<T>(key));
  const form = useForm<T>(input);
  const [restored, setRestored] = useState(before !== null);
  const dirty = form.isDirty();
  useEffect(() => {
    if (before) form.setValues(before);
    // Once, when the form is first shown.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, []);
  useEffect(() => {
    if (dirty) store(key, form.values);
  }, [dirty, form.values, key]);
  const settle = (values?: T) => {
    store(key, null);
    setRestored(false);
    if (values) form.setInitialValues(values);
    form.reset();
  };
  return Object.assign({}, form, { restored, settle });
}

/**
 * Puts what the server found wrong at the fields of a form. Gives what belongs to no field of it, so that it can be shown
 * elsewhere; null when all of it has found its place.
 */
export function showAtFields(
  form: { setErrors: (errors: Record<string, string>) => void },
  error: unknown,
  hasField: (field: string) => boolean,
): Problem | null {
  const problem = Problem.of(error);
  const here = problem.fields.filter(({ field }) => hasField(field));
  const elsewhere = problem.fields.filter(({ field }) => !hasField(field));
  form.setErrors(Object.fromEntries(here.map(({ field, message }) => [field, message])));
  if (here.length > 0 && elsewhere.length === 0) return null;
  if (elsewhere.length === 0) return problem;
  const told = elsewhere.map(({ field, message }) => `${field}: ${message}`).join("; ");
  return new Problem(told, { ...problem, fields: elsewhere });
}
