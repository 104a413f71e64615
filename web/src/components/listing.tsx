import { Button } from "@mantine/core";
import type { ReactNode } from "react";
import { Failure } from "./route-error";
import { TableSkeleton } from "./table";

export interface List<T> {
  items: T[];
  isPending: boolean;
  isError: boolean;
  error: unknown;
  refetch: () => unknown;
  hasNextPage?: boolean;
  isFetchingNextPage?: boolean;
  fetchNextPage?: () => unknown;
}

interface Props<T> {
  list: List<T>;
  /** What the list is of, for the placeholder: `users`. */
  label: string;
  /** What is shown when there is nothing. */
  empty: ReactNode;
  children: (items: T[]) => ReactNode;
}

/** A list in each of its states: coming, failed, empty, there, with more to come. */
export function Listing<T>({ list, label, empty, children }: Props<T>) {
  if (list.isPending) return <TableSkeleton label={label} />;
  if (list.isError && list.items.length === 0)
    return <Failure error={list.error} onRetry={() => void list.refetch()} />;
  if (list.items.length === 0) return empty;
  return (
    <>
      {children(list.items)}
      {list.hasNextPage && (
        <Button
          variant="default"
          mt="sm"
          loading={list.isFetchingNextPage ?? false}
          onClick={() => void list.fetchNextPage?.()}
        >
          Load more
        </Button>
      )}
    </>
  );
}
