import { useRef } from "react";
import { api } from "./client";

interface Mutation {
  mutate: (variables: unknown, options?: { onSettled?: (...all: unknown[]) => unknown }) => void;
  mutateAsync: (variables: unknown, options?: object) => Promise<unknown>;
}

/**
 * A typed mutation that is on its way once at a time: what a second click asks for before the next render is dropped. Works
 * like `api.useMutation` otherwise; a dropped `mutateAsync` never settles.
 */
export const useSending = ((...wanted: Parameters<typeof api.useMutation>) => {
  const mutation = api.useMutation(...wanted) as unknown as Mutation;
  const flying = useRef(false);
  const { mutateAsync } = mutation;
  const send = (variables: unknown, options?: object): Promise<unknown> => {
    if (flying.current) return new Promise(() => undefined);
    flying.current = true;
    return mutateAsync(variables, options).finally(() => {
      flying.current = false;
    });
  };
  const mutate = (variables: unknown, options?: object) => void send(variables, options).catch(() => undefined);
  return { ...mutation, mutate, mutateAsync: send };
}) as unknown as typeof api.useMutation;
