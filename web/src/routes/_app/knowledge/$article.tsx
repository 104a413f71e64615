import { createFileRoute } from "@tanstack/react-router";
import { ArticlePage } from "~/features/knowledge/article";
import { articleQuery } from "~/features/knowledge/queries";

export const Route = createFileRoute("/_app/knowledge/$article")({
  loader: ({ context, params }) => void context.queries.prefetchQuery(articleQuery(params.article)),
  component: ArticleRoute,
});

function ArticleRoute() {
  const { article } = Route.useParams();
  return <ArticlePage key={article} id={article} />;
}
