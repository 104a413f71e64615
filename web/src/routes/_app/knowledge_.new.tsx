import { createFileRoute } from "@tanstack/react-router";
import { ArticleEditor } from "~/features/knowledge/editor";

export const Route = createFileRoute("/_app/knowledge_/new")({ component: () => <ArticleEditor id={null} /> });
