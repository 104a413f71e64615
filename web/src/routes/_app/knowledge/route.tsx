import { Outlet, createFileRoute, useMatchRoute, useNavigate } from "@tanstack/react-router";
import { Panes } from "~/components/panes";
import { ArticleList } from "~/features/knowledge/list";
import { KnowledgeSearch, articlesQuery } from "~/features/knowledge/queries";

export const Route = createFileRoute("/_app/knowledge")({
  validateSearch: KnowledgeSearch,
  loaderDeps: ({ search }) => search,
  // Not awaited: the list shows its own placeholders, and its own errors.
  loader: ({ context, deps }) => void context.queries.prefetchInfiniteQuery(articlesQuery(deps)),
  component: KnowledgeRoute,
});

function KnowledgeRoute() {
  const search = Route.useSearch();
  const navigate = useNavigate({ from: Route.fullPath });
  const open = Boolean(useMatchRoute()({ to: "/knowledge/$article" }));
  return (
    <Panes
      open={open}
      list={
        <ArticleList
          search={search}
          onSearch={(changed) => void navigate({ to: ".", search: changed, replace: true })}
        />
      }
    >
      <Outlet />
    </Panes>
  );
}
