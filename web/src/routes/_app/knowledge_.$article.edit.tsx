import { createFileRoute } from "@tanstack/react-router";
import { ArticleEditor } from "~/features/knowledge/editor";

export const Route = createFileRoute("/_app/knowledge_/$article/edit")({ component: EditRoute });

function EditRoute() {
  const { article } = Route.useParams();
  return <ArticleEditor key={article} id={article} />;
}
